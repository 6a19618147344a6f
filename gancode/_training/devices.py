"""What a training step needs where several devices share it (tf.distribute). Under `trainers` and whatever they use.

Each device has its rows of a batch. Losses are means over the whole batch, so gradients are averaged; random numbers
are those that one device would draw for the whole batch; a variable is changed on all devices alike. On one device
each of these functions is the plain thing.
"""

import keras
import tensorflow as tf

from gancode._arguments import expect


def counter():
    """A whole number from 0 on, which all devices count alike."""
    return tf.Variable(0, dtype=tf.int64, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)


def shard(n, draw):
    """This device's n rows of what one device would draw for the whole batch, draw(rows)."""
    replica = _among_others()
    if replica is None:
        return draw(n)
    first = n * replica.replica_id_in_sync_group
    return draw(n * replica.num_replicas_in_sync)[first : first + n]


def apply(optimizer, gradients, weights):
    """One step of the optimiser down the mean of all devices' gradients."""
    # an Embedding's is of the rows that were looked up: here the others stand in it as zeros, as in Adam's equations
    gradients = [gradient if gradient is None else tf.convert_to_tensor(gradient) for gradient in gradients]
    if tf.distribute.has_strategy():
        n = tf.distribute.get_strategy().num_replicas_in_sync  # Keras adds them up
        optimizer.apply([gradient if gradient is None else gradient / n for gradient in gradients], weights)
    else:
        # Keras would go this way itself, but first make the sum over all devices, with a function that can be
        # differentiated: TensorFlow then keeps it, and with it the graph and all weights, for as long as Python runs.
        tf.distribute.get_replica_context().merge_call(lambda _: optimizer.apply(gradients, weights))


def std(x):
    """The standard deviation of all numbers of the whole batch."""
    replica = _among_others()
    if replica is None:
        return tf.math.reduce_std(x)
    mean, squares = replica.all_reduce(tf.distribute.ReduceOp.MEAN, [tf.reduce_mean(x), tf.reduce_mean(x**2)])
    return tf.sqrt(tf.maximum(squares - mean**2, 0.0))


def all_agree(holds):
    """Whether a truth value holds on every device."""
    replica = _among_others()
    if replica is None:
        return holds
    return replica.all_reduce(tf.distribute.ReduceOp.SUM, tf.cast(tf.logical_not(holds), tf.int32)) == 0


def assign(variables, values):
    """variable.assign(value) for each pair."""
    replica = _among_others()
    if replica is None:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    else:
        variables = [v.value if isinstance(v, keras.Variable) else v for v in variables]  # TensorFlow's own
        replica.merge_call(_assign_everywhere, args=(variables, list(values)))


def split(batches, strategy, steps=1):
    """So many steps' batches at a time, for ever, each shared out by its first axis. Returns a DistributedDataset.

    A device gets (steps, batch / devices, n_critic, ...). Each machine deals all the batches and keeps its part of
    them, so a data set of your own has to be the same on all machines.

    Raises ValueError unless all shares are equal: the mean of their means would not be the mean of the batch.
    """
    n, size = strategy.num_replicas_in_sync, tf.nest.flatten(batches.element_spec)[0].shape[0]
    got = "None (drop_remainder=True gives all batches one size)" if size is None else size
    expect(size is not None and size % n == 0, "batches", f"a batch size that {n} devices share evenly", got=got)

    def of_machine(machine):
        here = n // machine.num_input_pipelines  # its devices
        first = here * machine.input_pipeline_id

        def share(many):  # (steps, batch, ...) to (devices here, steps, batch / devices, ...)
            by_device = tf.reshape(many, (steps, n, size // n, *many.shape[2:]))[:, first : first + here]
            return tf.experimental.numpy.swapaxes(by_device, 0, 1)

        def shares(*parts):  # samples, or samples and labels
            return tf.nest.map_structure(share, parts if len(parts) > 1 else parts[0])

        return batches.repeat().batch(steps, drop_remainder=True).map(shares).unbatch().prefetch(2 * here)

    return strategy.distribute_datasets_from_function(of_machine)


def train_function(trainer):
    """What Keras's `fit` calls in place of its own: all devices make steps_per_execution steps, as one graph.

    Keras's puts a condition around each step, and what devices do together can not stand inside one
    (github.com/keras-team/keras/issues/19246). It may stand in a loop.
    """
    strategy, steps = trainer.distribute_strategy, trainer.steps_per_execution

    def execution(batches):  # on each device (steps, its share of the batch, n_critic, ...)
        def one_more(step):
            strategy.run(lambda mine: trainer.train_step(tf.nest.map_structure(lambda x: x[step], mine)), (batches,))
            return (step + 1,)

        tf.while_loop(lambda step: step < steps, one_more, (0,))
        return {name: mean.result() for name, mean in trainer.means.items()}  # over all devices

    if not trainer.run_eagerly:
        execution = tf.function(execution, autograph=False)
    return lambda iterator: execution(next(iterator))


def _among_others():
    """This device's replica context, or None where it is alone."""
    replica = tf.distribute.get_replica_context()
    return replica if replica is not None and replica.num_replicas_in_sync > 1 else None


def _assign_everywhere(strategy, variables, values):
    for variable, value in zip(variables, values, strict=True):
        strategy.extended.update(variable, lambda one, new: one.assign(new), args=(value,), group=False)
