"""Energy models: Hopfield networks, restricted Boltzmann machines and deep belief nets."""

from .build import deep_belief_net as deep_belief_net
from .build import energy_model as energy_model
from .build import hopfield as hopfield
from .build import modern_hopfield as modern_hopfield
from .build import rbm as rbm
from .build import train_levels as train_levels
from .contrastive_divergence import ContrastiveDivergence as ContrastiveDivergence
from .deep_belief import DeepBelief as DeepBelief
from .energy_arch import EnergyArch as EnergyArch
from .energy_loss import EnergyLoss as EnergyLoss
from .fine_tuning import to_autoencoder as to_autoencoder
from .fine_tuning import to_mlp as to_mlp
from .hebbian import Hebbian as Hebbian
from .hopfield_network import Hopfield as Hopfield
from .memorize import Memorize as Memorize
from .modern_network import ModernHopfield as ModernHopfield
from .probability_flow import ProbabilityFlow as ProbabilityFlow
from .pseudo_inverse import PseudoInverse as PseudoInverse
from .reconstruction import complete as complete
from .reconstruction import free_energy as free_energy
from .reconstruction import reconstruct as reconstruct
from .remembering import Recall as Recall
from .remembering import recall as recall
from .remembering import recalling as recalling
from .restricted import RBM as RBM
from .sampling import sample as sample
