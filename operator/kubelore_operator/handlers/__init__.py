"""What kopf sees, handed to the controller and to nothing else."""
