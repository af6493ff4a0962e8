"""``python -m trainers evaluate RUN...``: accuracies of finished runs, kept in them."""

from analysis.commands.parser import Parser
from analysis.commands.values import RUN
from analysis.store.schema import FEATURES, NETWORKS
from trainers.commands.parser import add_options, apply_options
from trainers.evaluation.evaluate import PROTOCOLS, evaluate
from trainers.evaluation.protocol import EvaluationProtocol, settings


def evaluate_command(parser: Parser, argv: list[str]) -> int:
    """Measure accuracies of runs, store them in the runs, print them."""
    parser.add_argument("runs", nargs="+", type=RUN, metavar="RUN", help="directory of a run")
    parser.add_argument(
        "--protocol",
        nargs="+",
        choices=PROTOCOLS,
        default=["knn", "linear"],
        help="nearest neighbours, logistic regression, the reproduction's probe, or the whole "
        "encoder (default: knn linear)",
    )
    parser.add_argument("--network", choices=NETWORKS, default=NETWORKS[0])
    parser.add_argument(
        "--features",
        choices=FEATURES,
        default=FEATURES[0],
        help="of the encoder (the default), the projector's first block, or the projector",
    )
    parser.add_argument("--device", help="default: the run's own")
    for name, protocol in PROTOCOLS.items():
        add_options(parser.add_argument_group(name), protocol, f"{name}.")
    parsed = parser.parse_strictly(argv)
    chosen = {name: apply_options(PROTOCOLS[name], parsed, f"{name}.") for name in parsed.protocol}
    given = {key.partition(".")[0] for key in vars(parsed) if "." in key}
    if stray := sorted(given - chosen.keys()):
        raise ValueError(f"options of {stray[0]} given, and --protocol is {' '.join(chosen)}")
    for run in parsed.runs:
        scores = evaluate(
            run,
            chosen,
            network=parsed.network,
            features=parsed.features,
            device=parsed.device,
        )
        for name, score in scores.items():
            words = _unusual(name, chosen[name], parsed.network, parsed.features)
            print(f"{run}  {' '.join(words):<24} {score.accuracy:7.2%}", flush=True)
    return 0


def _unusual(
    name: str, protocol: EvaluationProtocol, network: str, features: str
) -> tuple[str, ...]:
    """Return a protocol's name with the network, features and options that are not the usual."""
    usual = settings(PROTOCOLS[name])
    options = [f"{k}={v}" for k, v in settings(protocol).items() if v != usual[k]]
    where = [one for one in (network, features) if one not in (NETWORKS[0], FEATURES[0])]
    return (name, *where, *options)
