"""Does on one machine what the operator and the cluster do together: `kubelore up`."""
