"""
Matrix products of our own, in machine code, float32: ``C = scale A B``, turned or not, written or added.

Where matrices are of the sizes of layers, to arrange factors for a product takes as long as to multiply them. So these
read A where it lies, and of B write *panels*, some vectors of columns wide, when they are needed, or once for many
products. `choose` says whose products a network takes, ours or those of the library that numba links to; then there
are, from the outside in:

- `product_kernel`: any product, called by its address; ours or, where it is too small or not to be ours, the library's
  (`library_kernel`).
- `tiled_kernel`: a product of any size, block by block and panel by panel; `narrow_kernel`: the few columns that would
  not fill a vector; `prepacked_kernel`: a product with panels that lie ready, as recurrent layers keep them.
- `panel_tile`, `narrow_tile`, `product_tile`: the innermost loops of these, each a *tile* of C whose sums stay in
  registers; `panel_filling` writes panels. `tile_sums` has the sums of a tile as values, for kernels that go on
  reckoning with them.

Matrices are given by the addresses of their first numbers and the distances of their rows, and nothing is checked. All
but `choose` is imported only where kernels are compiled (`synapse_rx.fast`).
"""
