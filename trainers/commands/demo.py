"""``python -m trainers demo``: a predictor that learns to align, beside one that is set aligned."""

from pathlib import Path

from analysis.commands.parser import Parser
from analysis.commands.sign import say_loading
from trainers.commands.train import next_commands
from trainers.config import Config
from trainers.methods.method import METHODS, Method
from trainers.methods.predictors import Learned
from trainers.methods.targets import EMA

# One layer and a fast predictor: in six epochs its modes rise over the null one after another.
LEARNED = Method(Learned(layers=1), EMA(0.99))
EPOCHS = 6


def demo_command(parser: Parser, argv: list[str]) -> int:
    """Train a learned predictor and DirectPred on rendered shapes, and draw them as two rows."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs/demo"),
        metavar="DIR",
        help="for both runs and the figure (default: runs/demo)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace runs that are there")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of each (default: %(default)s)")
    parser.add_argument("--limit", type=int, help="train on N images (default: all)")
    parsed = parser.parse_strictly(argv)
    shared = {"epochs": parsed.epochs, "limit": parsed.limit}
    configs = {
        "learned": Config(method=LEARNED, name="learned", predictor_lr=0.3, **shared),
        "directpred": Config(method=METHODS["directpred"], name="directpred", **shared),
    }
    say_loading("torch")
    from trainers.training.loop import train

    runs = {
        name: train(config, parsed.out / name, overwrite=parsed.overwrite)
        for name, config in configs.items()
    }
    # matplotlib is not for those who only train.
    from analysis import open_snapshots
    from analysis.figures import comparison, save_figure

    figure = comparison({name: open_snapshots(run) for name, run in runs.items()})
    print("learned      W_p is found by gradient descent, and so are the modes that align")
    print("directpred   W_p is set from F: aligned at every step")
    print(f"figure       {save_figure(figure, parsed.out / 'comparison')}")
    print(next_commands(runs["learned"]))
    return 0
