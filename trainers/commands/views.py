"""``python -m trainers views``: a picture of what augmentation does to the images."""

from pathlib import Path

from analysis.checks.numbers import check_count
from analysis.commands.parser import Parser
from analysis.figures.save import save_figure
from trainers.augmentation.named_recipe import recipes_called
from trainers.augmentation.recipes import RECIPES
from trainers.commands.view_grid import draw_views
from trainers.config import SEED
from trainers.data.images import ImageData
from trainers.data.load import DATA, load_data


def views_command(parser: Parser, argv: list[str]) -> int:
    """Draw originals and their two views for each recipe; write a PNG and a PDF."""
    parser.add_argument(
        "--data",
        default="shapes",
        help=f"{', '.join(DATA)}, a folder of images, FILE.npz, or module:name",
    )
    parser.add_argument(
        "--views",
        nargs="+",
        metavar="RECIPE",
        help=f"some of {', '.join(RECIPES)}, and module:name (default: the data's own, simsiam and "
        "byol-solo)",
    )
    parser.add_argument("--images", type=int, default=6, help="rows (default: 6)")
    parser.add_argument("--size", type=int, help="side of the views (default: the images')")
    parser.add_argument("--seed", type=int, default=0, help="of the views (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("views.png"), metavar="FILE")
    parsed = parser.parse_strictly(argv)
    check_count("seed", parsed.seed, least=0, most=SEED)
    for name in parsed.views or []:  # before anything is loaded
        recipes_called(name)
    if parsed.out.suffix not in (".png", ".pdf", ""):
        raise ValueError(f"out is {parsed.out}; a name that ends in .png or .pdf wanted")
    data = load_data(parsed.data, size=parsed.size)
    if not isinstance(data, ImageData):
        raise ValueError(f"data {parsed.data!r} are vectors; images wanted")
    own = [name for name, pair in RECIPES.items() if pair == data.recipes]
    names = parsed.views or list(dict.fromkeys([*own, "simsiam", "byol-solo"]))
    figure = draw_views(data, names, images=parsed.images, seed=parsed.seed)
    print(save_figure(figure, parsed.out))
    return 0
