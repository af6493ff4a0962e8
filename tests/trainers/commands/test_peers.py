import re

import pytest

from analysis.commands.parser import FLAG, MEANINGS, OTHERS, Parser
from trainers.commands import peers
from trainers.commands.configure import configure
from trainers.commands.main import COMMANDS, main
from trainers.presets.table import PRESETS


@pytest.fixture(scope="module")
def byol() -> Parser:
    parser = Parser("byol", peers.MEANINGS)
    configure(parser, "byol", [])
    return parser


def test_every_flag_that_a_meaning_names_is_there(byol):
    every = {**MEANINGS, **peers.MEANINGS}
    named = {flag for meaning in every.values() for flag in FLAG.findall(OTHERS.sub("", meaning))}
    assert named <= {*byol.flags, *byol.hints}  # or a flag of another predictor


def test_every_command_that_a_meaning_names_is_there():
    quoted = [OTHERS.findall(meaning) for meaning in peers.OPTIONS]
    words = {command.strip("`").split()[0] for commands in quoted for command in commands}
    assert words <= {*COMMANDS, *peers.PACKAGES}
    assert set(peers.COMMANDS) <= {*COMMANDS, *peers.PACKAGES, "METHOD"}


def test_a_word_means_one_thing():
    words = [word for line in peers.OPTIONS.values() for word in line.split()]
    assert len(words) == len(set(words))
    assert not set(peers.OTHER_WORDS) & {*COMMANDS, *PRESETS, *peers.PACKAGES}


# As they stand in the scripts and manuals of solo-learn, timm, Lightning, SimSiam, DirectPred.
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--optimizer", "did you mean --optimiser?"),
        ("--opt", "did you mean --optimiser?"),
        ("--lars", "did you mean --optimiser?"),
        ("--adam", "optimisers are SGD and LARS"),
        ("--workers", "there are no workers"),
        ("-j", "there are no workers"),
        ("--num_workers=8", "there are no workers"),
        ("--learning-rate", "did you mean --lr?"),
        ("-lr", "did you mean --lr?"),
        ("--optimizer.lr", "did you mean --lr?"),
        ("--trainer.max_epochs", "did you mean --epochs?"),
        ("++max_epochs=400", "did you mean --epochs?"),
        ("--bs", "did you mean --batch-size?"),
        ("-b", "did you mean --batch-size?"),
        ("--arch", "did you mean --encoder?"),
        ("--backbone", "did you mean --encoder?"),
        ("--dataset", "did you mean --data?"),
        ("--wd", "did you mean --weight-decay?"),
        ("--fix-pred-lr", "did you mean --fix-predictor-lr?"),
        ("--pred-dim", "did you mean --predictor.hidden?"),
        ("--proj_output_dim", "did you mean --projector-out?"),
        ("--base_tau_momentum", "did you mean --target.momentum?"),
        ("--final_tau_momentum", "did you mean --target.final?"),
        ("--ema", "did you mean --target.momentum?"),
        ("--resume", "the command `resume RUN`"),
        ("--gpus", "torchrun"),
        ("--gpu", "did you mean --device?"),
        ("--save-every", "a checkpoint is kept"),
        ("--log-interval", "did you mean --every?"),
        ("--wandb", "nothing is sent anywhere"),
        ("--temperature", "no temperature"),
        ("--output-dir", "did you mean --out?"),
        ("-o", "did you mean --out?"),
        ("--predictor.eps", "it belongs to --predictor direct"),
        ("--dyn_eps", "belongs to --predictor direct"),
        ("--epoch", "did you mean --epochs?"),
        ("--lerning-rate", "did you mean --lr?"),
    ],
)
def test_words_of_other_tools_are_understood(capsys, typed, meant):
    assert main(["byol", typed, "1"]) == 2
    error = capsys.readouterr().err
    assert meant in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("typed", ["--compiler-flags", "--foo", "--xyz", "--colour", "--mixup"])
def test_what_is_close_to_nothing_is_given_no_name(capsys, typed):
    assert main(["byol", typed]) == 2
    assert re.search(r"; --help lists the options$", capsys.readouterr().err.rstrip())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("trian", "did you mean 'train'?"),
        ("BYOL", "did you mean 'byol'"),
        ("simsaim", "did you mean 'simsiam'"),
        ("directprd", "did you mean 'directpred'"),
        ("simclr", "methods here have a predictor and no negatives"),
        ("Barlow_Twins", "methods here have a predictor and no negatives"),
        ("analyze", "did you mean `python -m analysis`?"),
        ("plot", "did you mean `python -m analysis`?"),
        ("phase", "did you mean `python -m dynamics`?"),
        ("fit", "did you mean `python -m trainers METHOD`?"),
        ("knn", "did you mean `python -m trainers evaluate`?"),
        ("train", "train what?"),
        ("qqq", "is not known"),
    ],
)
def test_a_first_word_is_answered_in_one_short_line(capsys, typed, meant):
    assert main([typed]) == 2
    error = capsys.readouterr().err
    assert meant in error
    assert f"`python -m trainers list` shows all {len(PRESETS)}" in error
    assert error.count("\n") == 1
    assert len(error) < 200
