TESTCLUSTER := PYTHONPATH=tests/cluster $(PYTHON) -m testcluster

.PHONY: cluster cluster-down cluster-load
cluster: ## Start the test cluster, or reuse the one that runs.
	@$(TESTCLUSTER) up
	@$(TESTCLUSTER) env

cluster-down: ## Stop the test cluster and remove all of it.
	@$(TESTCLUSTER) down

cluster-load: ## Load IMAGES="name archive.tar …" into the test cluster.
	@$(TESTCLUSTER) load $(IMAGES)
