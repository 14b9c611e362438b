"""The examples that the help of the command line ends with."""

TOP = """\
examples:
  synapse-rx train                                  digits, 64-100-10, with a live display
  synapse-rx train --data mnist --plot mnist.png    MNIST, with a picture of what happened
  synapse-rx train --dashboard                      in the browser, where it is steered as well
  synapse-rx train --save net.safetensors           a file of the network
  synapse-rx train --checkpoint run                 and the newest snapshots in a folder meanwhile
  synapse-rx resume run                             on from there, had it been killed
  synapse-rx evaluate net.safetensors               how good it is on samples it has not seen
  synapse-rx evaluate --runs 5                      the same network from five seeds
  synapse-rx predict net.safetensors samples.csv    labels of samples
  synapse-rx export net.safetensors --onnx net.onnx
                                                    a graph for other programs
  synapse-rx info                                   what is installed here and what is not

Each command says more: synapse-rx train --help
"""

TRAIN = """\
examples:
  synapse-rx train                                  digits, 64-100-10, some 0.975 right
  synapse-rx train --data mnist --plot mnist.png    MNIST from the folder that SYNAPSE_RX_DATA names,
                                                    or downloaded once
  synapse-rx train --hidden 200,100 --activation relu --learning-rate 0.05
  synapse-rx train --algorithm adam --epochs 50     the options not given are the algorithm's own
  synapse-rx train --epochs 500 --dashboard --port 8000
                                                    in the browser, at the address it tells
  synapse-rx train --epochs 500 --checkpoint run --resume
                                                    from where it was killed, if it was
"""

EVALUATE = """\
examples:
  synapse-rx evaluate net.safetensors               a network that train --save wrote
  synapse-rx evaluate run                           the newest in the folder of train --checkpoint run
  synapse-rx evaluate model.keras --data mnist      one from elsewhere
  synapse-rx evaluate                               digits from three seeds
  synapse-rx evaluate --runs 10 --hidden 30         is a smaller network as good?
  synapse-rx evaluate --algorithm rprop --batch 1237 --quiet
"""

INFO = """\
examples:
  synapse-rx info
  synapse-rx info net.safetensors                   layers, parameters, training and errors of a network
  synapse-rx info run                               the same of the newest in the folder of a training
  synapse-rx info --warm                            compile kernels now, not in the first training
  SYNAPSE_RX_BACKEND=numpy synapse-rx info          what a setting would do
"""

RESUME = """\
examples:
  synapse-rx resume run                             the folder of train --checkpoint run
  synapse-rx resume run --epochs 100 --save net.safetensors
                                                    till there are 100 in all
"""

PREDICT = """\
examples:
  synapse-rx predict net.safetensors samples.csv    a label for each row
  synapse-rx predict net.safetensors                the same, of rows from standard input
  synapse-rx predict net.onnx samples.csv --probabilities --no-header
"""

EXPORT = """\
examples:
  synapse-rx export net.safetensors --onnx net.onnx
  synapse-rx export run/best.safetensors --onnx best.onnx
"""

CONVERT = """\
examples:
  synapse-rx convert net.onnx net.safetensors       a network from elsewhere, to be trained on
  synapse-rx convert model.keras net.safetensors
  synapse-rx convert net.safetensors net.onnx       the same as export
"""
