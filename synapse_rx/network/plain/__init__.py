"""
Plain dense networks, learnt and asked in machine code: many batches, or many samples, in one call.

A network is *plain* if it is made of dense layers with the usual activations (`layers` says which, and where their
parameters are). `chunk` has such a network learn many batches at a time, without the interpreter's lock (`Chunk`), and
`quick` has it answer (`Quick`); all other modules are what these call, imported only where kernels are compiled
(`synapse_rx.fast`):

- `chunk_kernel`: batches one after the other, by threads that meet in `meeting_kernel`; `gradient_kernel`: the gradient
  of one; `answer_kernel`: outputs alone.
- `activation_kernels` and `loss_kernels`: what of a network is called by its address, and so compiled only where a
  network has it; the steps of algorithms (`network.step_kernels`) are called so too.
- `elementwise_kernel`: exponentials, and what activations make of them.
"""
