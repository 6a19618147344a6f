import json
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise
from keras import layers
from tensorflow.python.framework import ops
from tensorflow.python.profiler.internal import flops_registry  # noqa: F401  # teaches `ops` what an operation costs

import bench

pytestmark = pytest.mark.slow  # trains, builds or starts processes

# --- the arithmetic of a step, against TensorFlow's own count of what it was asked to do ---


def plain_pair(channels=3):
    """Of gancode's shapes, in Keras's own layers. With a LeakyReLU of Keras the penalty has work that leads nowhere:
    TensorFlow takes its second derivative for zeros, not for nothing, and sends them back through the layers."""
    generator = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(7 * 7 * 2 * channels, use_bias=False),
            layers.Reshape((7, 7, 2 * channels)),
            layers.Conv2DTranspose(channels, 5, strides=2, padding="same", use_bias=False),
            layers.Conv2DTranspose(1, 5, strides=2, padding="same", activation="tanh"),
        ]
    )
    critic = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(channels, 5, strides=2, padding="same"),
            layers.Activation(leaky_relu),
            layers.Conv2D(2 * channels, 5, strides=2, padding="same"),
            layers.Activation(leaky_relu),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    return generator, critic


def leaky_relu(x):
    return x * tf.where(x > 0, 1.0, 0.2)


def needed(graph, wanted):
    """All operations that these need, themselves included: what TensorFlow will run."""
    found, left = set(), list(wanted)
    while left:
        operation = left.pop()
        if operation not in found:
            found.add(operation)
            left += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return found


def traced_flops(function, *arguments):
    graph = tf.function(function, autograph=False).get_concrete_function(*arguments).graph
    total = 0
    for operation in needed(graph, [tensor.op for tensor in graph.outputs] + graph.control_outputs):
        if operation.type in ("MatMul", "Conv2D", "Conv2DBackpropInput"):
            total += ops.get_stats_for_node_def(graph, operation.node_def, "flops").value
        if operation.type == "Conv2DBackpropFilter":  # TensorFlow has no count of it: its kernel is what comes out
            pixels = np.prod(operation.inputs[2].shape[:3])
            total += 2 * np.prod(operation.outputs[0].shape) * pixels
    return total


def test_a_kernel_entry_counts_twice_for_each_pixel_it_is_laid_on():
    generator, critic = plain_pair(channels=3)
    assert bench.layer_flops(critic) == [2 * 25 * 3 * 14 * 14, 2 * 25 * 3 * 6 * 7 * 7, 2 * 7 * 7 * 6]
    assert bench.layer_flops(generator) == [2 * 8 * 294, 2 * 25 * 6 * 3 * 7 * 7, 2 * 25 * 3 * 14 * 14]


@pytest.mark.parametrize("network", [0, 1], ids=["generator", "critic"])
def test_a_forward_pass_counts_as_tensorflow_counts_it(network):
    model = plain_pair()[network]
    inputs = tf.constant(noise(4, *model.input_shape[1:]))
    assert sum(bench.layer_flops(model, 4)) == traced_flops(model, inputs)


@pytest.mark.parametrize("variant, n_critic", [("GAN", 1), ("LSGAN", 1), ("WGAN", 2), ("WGANGP", 2)])
def test_a_step_counts_as_tensorflow_counts_it(variant, n_critic):
    generator, critic = plain_pair()
    trainer = bench.VARIANTS[variant][0](generator, critic, seed=0)
    trainer.compile(jit_compile=False)
    counted = bench.step_flops(generator, critic, n_critic, variant == "WGANGP", 4)
    traced = traced_flops(trainer.train_step, tf.constant(noise(4, n_critic, 28, 28, 1)))
    # A Wasserstein loss needs no scores for its gradient, and only the last critic step's are shown: 0.1 %.
    assert counted == pytest.approx(traced, rel=2e-3)
    assert counted >= traced


# --- the table ---


def test_the_table_names_the_device_and_each_ways_time_against_graph_mode_and_the_bound(tmp_path, capsys):
    file = tmp_path / "speed.json"
    options = (
        "--variants GAN --ways eager graph fit --channels 1 --batch-size 2 --repeats 3 --steps 4 --per-execution 4"
    )
    bench.main([*options.split(), "--json", str(file)])
    shown = capsys.readouterr().out
    assert shown.startswith(bench.device())
    kept = json.loads(file.read_text())
    rows = {row["way"]: row for row in kept["rows"]}
    assert list(rows) == ["eager", "graph", "fit"]
    for way, row in rows.items():
        assert len(row["all_ms"]) == 3
        assert row["ms_a_step"] == np.median(row["all_ms"]) == pytest.approx(1000 / row["steps_a_second"])
        assert row["times_graph"] == pytest.approx(row["ms_a_step"] / rows["graph"]["ms_a_step"])
        assert row["bound_ms"] == pytest.approx(row["gflop_a_step"] / kept["matmul_gflops"] * 1000)
        assert row["ms_a_step"] > row["bound_ms"]
        assert row["cpu_ms_a_step"] > 0
        assert f"{way:10}{row['ms_a_step']:12.2f}" in shown
    assert rows["eager"]["ms_a_step"] > rows["graph"]["ms_a_step"]  # by six times and more, so also on a busy machine


def test_what_is_not_installed_is_said(monkeypatch):
    for package in ("torch", "jax"):
        monkeypatch.setitem(sys.modules, package, None)  # as if it were not there
        monkeypatch.delitem(sys.modules, f"{package}_reference", raising=False)
    ways, missing = bench.all_ways(10)
    gpu = bool(tf.config.list_physical_devices("GPU"))
    assert list(ways) == ["eager", "graph", "XLA", "fit", *gpu * ["block"]]
    assert missing == [*(not gpu) * ["block: only on a GPU"], "PyTorch: not installed", "JAX: not installed"]


def test_another_framework_has_a_process_of_its_own_and_tells_its_time(tmp_path, monkeypatch):
    (tmp_path / "counting.py").write_text(
        "import sys\n"
        "class Trainer:\n"
        "    def __init__(self, *settings):\n"
        "        assert 'tensorflow' not in sys.modules and settings[:2] == ('WGAN', 5), settings\n"
        "    def run(self, steps):\n"
        "        print('noise that is no answer')\n"
        "        for _ in range(steps): sum(range(10_000))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run = bench.reference("counting")("WGAN", np.zeros((9, 2)), 1, 2)
    few, many = run(3), run(300)
    run.close()
    assert 0 < few[0] < many[0] and few[1] < many[1] and run.process.returncode == 0


def test_a_block_without_fit_makes_as_many_steps(monkeypatch):
    made = []
    monkeypatch.setattr(bench, "make", lambda *args, make=bench.make: made.append(make(*args)) or made[-1])
    # of n_critic 1: XLA compiles each critic step by itself, and what is counted is blocks
    run = bench.block(2)("GAN", bench.data.mnist()[:100], 1, 2)
    assert (run(4) > 0).all()
    (trainer, _), *others = made
    assert not others and int(trainer.generator_optimizer.iterations) == 4


@pytest.mark.parametrize("wrong", ["--steps 15 --per-execution 10", "--per-execution 0"])
def test_a_turn_is_a_whole_number_of_executions(capsys, wrong):
    with pytest.raises(SystemExit):
        bench.main(wrong.split())
    assert "multiple of --per-execution" in capsys.readouterr().err
