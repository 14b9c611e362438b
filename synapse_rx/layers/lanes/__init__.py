"""
Blocks of samples, one in each lane of a vector, for kernels that work along the axes of images and series.

`turning` turns samples so and back, `tiles` has the innermost loops of convolution and its gradients, `pooled_rows`
those of maximum pooling. Imported only where kernels are compiled (`synapse_rx.fast`).
"""
