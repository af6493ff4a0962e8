"""What users of other tools type, and what stands for it here.

Words of solo-learn, lightly and its Lightning, timm, the official SimSiam and DirectPred, and of
PyTorch's ImageNet example.
"""

from analysis.commands.called import called

# A flag of ours, or one sentence where we have none: the words that mean it.
OPTIONS = {
    # run
    "--seed": "random-seed manual-seed seed-everything",
    "--device": "cuda gpu accelerator device-id local-rank gpu-id",
    "--out": "ckpt-dir checkpoint-dir log-dir logdir root-dir default-root-dir model-dir save-path "
    "run-dir experiment-dir results results-dir exp-dir work-dir",
    "--name": "experiment exp exp-name run-name tag",
    "--overwrite": "clean restart replace",
    "--compile": "torch-compile torchcompile compile-model jit",
    "a run goes on by the command `resume RUN`, and stores itself": "resume auto-resume "
    "resume-from resume-from-checkpoint ckpt checkpoint ckpt-path load start-epoch pretrained "
    "restore",
    "torchrun -m trainers METHOD shares a run among devices; a sweep is `sweep --workers N`": ""
    "gpus devices ngpu num-gpus world-size rank nodes num-nodes dist-url dist-backend strategy ddp "
    "distributed multiprocessing-distributed dist",
    "--precision": "amp fp16 bf16 half mixed-precision use-amp apex amp-dtype native-amp dtype",
    "views are made in batches by the training process: there are no workers": "workers j "
    "num-workers num-threads nproc n-jobs loader-workers pin-mem pin-memory prefetch dali "
    "persistent-workers",
    "a run stores what it measures in itself, for `analyse`; nothing is sent anywhere": "wandb "
    "wandb-project tensorboard tb logger log project entity mlflow comet neptune offline csv "
    "log-wandb use-wandb",
    "a checkpoint is kept of every epoch: `resume RUN` goes on from the last": "save-freq "
    "save-checkpoint checkpoint-freq checkpoint-frequency checkpoint-hist save-interval save-every "
    "checkpoint-every keep-prev ckpt-freq save-top-k save-last",
    "--every": "log-every log-interval log-freq print-freq p log-every-n-steps snapshot-every "
    "eval-every record-every val-freq check-val-every-n-epoch",
    "options are flags; what a run was trained with is stored in it": "config cfg config-file "
    "yaml config-path config-name c",
    "features are evaluated after training, by the command `evaluate RUN`": "evaluate eval "
    "eval-only test knn knn-eval linear linear-eval finetune knn-k classifier-lr probe online-eval "
    "momentum-classifier validate",
    # data
    "--data": "dataset data-dir data-path data-root dataset-path train-dir train-data-path root "
    "datadir d input-dir train-path data-folder",
    "--size": "image-size img-size input-size crop-size crop resolution",
    "--limit": "subset num-samples n-samples max-samples limit-train-batches data-fraction "
    "num-images train-size max-train-samples",
    "--views": "aug augmentation augmentations augment aug-type transform transforms aa "
    "auto-augment augment-cfg",
    "the strengths of the augmentation are those of its recipe, which --views names": "brightness "
    "contrast saturation hue color-jitter jitter-strength gaussian-prob solarization-prob blur "
    "min-scale max-scale horizontal-flip-prob num-crops-per-aug crop-min gaussian-blur cj-prob",
    "test images come with the data: Data/train and Data/test of a folder": "val-dir val-data-path "
    "test-dir val-split validation-split val-path",
    "there is no file to fetch or class to choose: the data say it": "download num-classes "
    "n-classes no-labels",
    # network
    "--encoder": "arch a architecture backbone model net network model-name base-model base-encoder"
    " encoder-name",
    "--channels": "in-chans in-channels input-channels num-channels grayscale greyscale",
    "--width": "base-width width-per-group",
    "--projector-hidden": "hidden-dim proj-hidden-dim projector-hidden-dim projection-hidden-dim "
    "mlp-hidden-dim mlp-hidden-size hid-dim projection-hidden-size",
    "--projector-out": "dim proj-dim projection-dim proj-output-dim out-dim output-dim "
    "projector-dim embedding-dim feature-dim feat-dim projection-size emb-dim z-dim proj-out-dim "
    "proj-size",
    "--projector-layers": "proj-layers num-proj-layers projection-layers mlp-layers",
    "--predictor.hidden": "pred-dim pred-hidden-dim predictor-hidden-dim predictor-dim "
    "prediction-dim prediction-hidden-size",
    "--predictor.layers": "pred-layers predictor-layers num-pred-layers",
    "--predictor.bias": "predictor-bias pred-bias",
    "--batch-norm": "bn norm bn-mode sync-bn sync-batchnorm syncbn",
    # optimisation
    "--optimiser": "optimizer opt optim optimizer-name opt-type lars sgd use-lars",
    "--trust": "eta-lars trust-coefficient trust-coef",
    "optimisers are SGD and LARS: --optimiser, --lr, --momentum and --weight-decay": "adam adamw "
    "betas opt-betas nesterov opt-eps grad-clip-lars",
    "--accumulate": "accumulate-grad-batches grad-accum-steps gradient-accumulation-steps "
    "accum-iter accum-steps update-freq iter-size",
    "gradients are not clipped": "clip-grad grad-clip gradient-clip-val clip-grad-norm "
    "max-grad-norm clip-mode",
    "--lr": "learning-rate base-lr init-lr lr-base blr eta max-lr start-lr learningrate alpha",
    "--predictor-lr": "pred-lr lr-predictor predictor-learning-rate alpha-p",
    "--predictor-decay": "pred-wd predictor-wd predictor-weight-decay",
    "--encoder-lr": "backbone-lr lr-backbone lr-encoder",
    "--fix-predictor-lr": "fix-pred-lr static-lr",
    "--batch-size": "bs b batch batchsize train-batch-size per-device-train-batch-size "
    "global-batch-size minibatch-size",
    "--epochs": "num-epochs n-epochs max-epochs max-epoch e ep nepochs total-epochs "
    "num-train-epochs train-epochs",
    "the length of a run is in passes over the images: --epochs": "steps max-steps iterations "
    "iters num-iterations max-iters num-steps n-steps total-steps train-iters",
    "--weight-decay": "wd l2 weightdecay w-decay",
    "--decay-biases": "exclude-bias-n-norm exclude-bias-n-norm-lars no-bias-decay",
    "--schedule": "scheduler sched lr-scheduler lr-schedule lr-decay cos cosine annealing "
    "lr-policy",
    "the rate falls to 0 by --schedule cosine, or not at all": "min-lr eta-min lr-min end-lr "
    "final-lr lr-steps milestones gamma lr-gamma decay-epochs decay-rate lr-decay-rate",
    "--warmup": "warmup-epochs warm-up warmup-steps num-warmup-epochs lr-warmup n-warmup",
    "--flow-decay": "equal-decay",
    # method
    "the method is the first word, `list` shows all of them": "method algorithm algo ssl-method",
    "--target.momentum": "ema tau m base-tau base-tau-momentum ema-decay ema-momentum "
    "target-momentum target-decay moving-average-decay momentum-ema base-momentum base-target-ema "
    "moco-m model-ema model-ema-decay momentum-target teacher-momentum momentum-teacher",
    "--target.final": "final-tau final-tau-momentum ema-final momentum-end final-momentum "
    "m-cos ema-end",
    "--target": "stop-gradient stopgrad detach use-momentum no-ema",
    "--predictor": "predictor-type pred-type no-predictor predictor-reg",
    "--predictor.constraint": "symmetric symmetry symmetry-reg tied",
    "--predictor.eps": "dyn-eps eps-iso dyn-reg",
    "--predictor.rho": "dyn-lambda rho dp-rho",
    "--predictor.power": "dyn-convert dp-alpha",
    "--loss": "loss-type criterion objective loss-fn loss-name use-l2",
    "there are no negatives, and so no temperature": "temperature temp t tau-contrastive "
    "queue-size k num-negatives moco-k",
}
MEANINGS = {word: meaning for meaning, words in OPTIONS.items() for word in words.split()}

# Methods that have no predictor, or no pair of views.
METHODS_ELSEWHERE = [
    "simclr",
    "moco",
    "mocov2",
    "moco-v2",
    "mocov3",
    "moco-v3",
    "barlow",
    "barlow-twins",
    "barlowtwins",
    "vicreg",
    "dino",
    "dinov2",
    "swav",
    "nnclr",
    "mae",
    "supcon",
    "deepcluster",
    "w-mse",
    "wmse",
    "vibcreg",
    "ibot",
    "ijepa",
    "i-jepa",
]

# Commands by what else they are called.
COMMANDS = {
    "analyse": "analyze analysis analyses analyzer plot figures draw report measure summary show "
    "summarise summarize visualize visualise compare",
    "theory": "dynamics simulate integrate phase basin figure trajectories observations ode flow",
    "METHOD": "fit pretrain run pre-train training trainer start launch",
    "evaluate": "eval probe knn linear test validate linear-probe finetune classify score",
    "resume": "continue restart restore",
    "list": "ls methods models presets help-methods",
    "predict": "infer inference label",
    "views": "augment augmentation augmentations preview",
    "sweep": "grid search hyperparameter tune multirun",
    "demo": "example quickstart tutorial try",
    "export": "save convert",
    "ranks": "rankme lidar rank features",
}
OTHER_WORDS = {word: command for command, words in COMMANDS.items() for word in words.split()}
PACKAGES = {"analyse": "analysis", "theory": "dynamics"}


def other_word(word: str) -> str:
    """Return which command a first word probably means; empty if it is none that is known."""
    command = OTHER_WORDS.get(word.lower().replace("_", "-"))
    if command is None:
        return ""
    if command in PACKAGES:
        return f"did you mean `{called(PACKAGES[command])}`?"
    return f"did you mean `{called('trainers')} {command}`?"
