"""``python -m trainers ranks RUN...``: what features span, by views of the same images."""

from analysis import alpha_req, collapse_signs, lidar, rankme
from analysis.commands.parser import Parser
from analysis.commands.values import RUN
from analysis.measures.features import WEIGHTS
from analysis.store.schema import FEATURES, NETWORKS
from trainers.evaluation.view_features import check_views, view_features
from trainers.runs.divergence import refuse_diverged

HEAD = ("RankMe", "LiDAR", "alpha-ReQ", "std of z/|z|", "mean cosine", "mean's share", "of")


def ranks_command(parser: Parser, argv: list[str]) -> int:
    """Print the ranks of features and the usual signs of collapse, a row a run.

    Of the projector unless told otherwise, as RankMe and LiDAR are read; alpha-ReQ was published
    for those of the encoder: ``--features encoder``. A last line says which they are.
    """
    parser.add_argument("runs", nargs="+", type=RUN, metavar="RUN", help="directory of a run")
    parser.add_argument("--images", type=int, default=1000, help="training images (default: 1000)")
    parser.add_argument("--views", type=int, default=10, help="of each, even (default: 10)")
    parser.add_argument("--network", choices=NETWORKS, default=NETWORKS[0])
    parser.add_argument(
        "--features",
        choices=FEATURES,
        default=FEATURES[-1],
        help="of the projector (the default), its first block, or the encoder, for which alpha-ReQ "
        "was published",
    )
    parser.add_argument(
        "--weights",
        choices=sorted(WEIGHTS, reverse=True),
        default="inverse_rank",
        help="of the modes in alpha-ReQ's fit: 1/rank, as the published code (the default), or all "
        "the same",
    )
    parser.add_argument("--device", help="default: the run's own")
    parsed = parser.parse_strictly(argv)
    check_views(parsed.images, parsed.views)  # before the heading
    for run in parsed.runs:
        refuse_diverged(run)
    width = max(len(str(run)) for run in parsed.runs)
    print(f"{'':<{width}}", *(f"{name:>12}" for name in HEAD), sep="  ")
    for run in parsed.runs:
        z = view_features(
            run,
            images=parsed.images,
            views=parsed.views,
            features=parsed.features,
            network=parsed.network,
            device=parsed.device,
        ).values
        one, signs = z[:, 0], collapse_signs(z[:, 0])
        values = [rankme(one), lidar(z), alpha_req(one, weights=parsed.weights).alpha]
        values += [signs[name] for name in ("normalised_std", "mean_cosine", "mean_share")]
        cells = [f"{value:>12.3f}" for value in values] + [f"{z.shape[-1]:>12}"]
        print(f"{run!s:<{width}}", *cells, sep="  ", flush=True)
    print(
        f"features of the {parsed.features}, {parsed.network} network, by {parsed.views} views of "
        f"{parsed.images} images at most; alpha-ReQ over all modes, weights {parsed.weights}"
    )
    return 0
