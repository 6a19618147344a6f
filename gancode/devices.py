"""What a training step needs where several devices share it (tf.distribute). Used by trainers, penalty and guard.

Each device has its rows of a batch. Losses are means over the whole batch, so gradients are averaged; random numbers
are those that one device would draw for the whole batch; a variable is changed on all devices alike. On one device
each of these functions is the plain thing.
"""

import keras
import tensorflow as tf


def how_many():
    return tf.distribute.get_strategy().num_replicas_in_sync


def share(n, draw):
    """This device's n rows of what one device would draw for the whole batch, draw(rows)."""
    replica = _among_others()
    if replica is None:
        return draw(n)
    first = n * replica.replica_id_in_sync_group
    return draw(n * replica.num_replicas_in_sync)[first : first + n]


def mean(gradients):
    """This device's part of the mean over all devices: Keras's optimisers add the parts up."""
    return gradients if how_many() == 1 else [gradient / how_many() for gradient in gradients]


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


def split(batches, strategy):
    """Batches whose first axis is shared by the strategy's devices, in order. Returns a DistributedDataset."""

    def of_worker(worker):
        here = worker.num_replicas_in_sync // worker.num_input_pipelines  # devices of this worker
        first = here * worker.input_pipeline_id

        def shares(batch):  # (batch, n_critic, ...) to (devices of this worker, batch / all devices, n_critic, ...)
            every = tf.reshape(batch, (worker.num_replicas_in_sync, -1, *batch.shape[1:]))
            return every[first : first + here]

        return batches.map(shares).unbatch().prefetch(2 * here)

    return strategy.distribute_datasets_from_function(of_worker)


def _among_others():
    """This device's replica context, or None where it is alone."""
    replica = tf.distribute.get_replica_context()
    return replica if replica is not None and replica.num_replicas_in_sync > 1 else None


def _assign_everywhere(strategy, variables, values):
    for variable, value in zip(variables, values, strict=True):
        strategy.extended.update(variable, lambda one, new: one.assign(new), args=(value,), group=False)
