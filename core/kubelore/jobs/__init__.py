"""What a Job is told to do, in one frozen document that the operator or a laptop hands to a worker."""
