# One place for every command. Needs make, Python 3.11 or newer, and a package index.

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/sh

OUTER_PATH := $(PATH)
# The environment's own programs come first: the CDK finds its Node there when the machine has none.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 18,20,21,23
# Without bytecode every synth would compile the whole CDK again.
unexport PYTHONDONTWRITEBYTECODE

# Any Python starts the setup; the setup then picks the one for the environments.
STARTER := $(firstword $(shell for name in python3 python3.13 python3.12 python3.11 $(PYTHON); do \
	PATH="$(OUTER_PATH)" command -v $$name; done; true))
SETUP := $(if $(STARTER),PATH="$(OUTER_PATH)" $(STARTER) tools/setup.py \
	$(if $(PYTHON),--python $(PYTHON)),echo 'setup: there is no python3 here; install Python 3.11 or newer' >&2; exit 1)

present = $(wildcard $(addsuffix /.,$(1)))
CODE := $(patsubst %/.,%,$(call present,trimtab handlers infra tests tools))
TYPED := $(patsubst %/.,%,$(call present,trimtab handlers))
COVERED := domain policy advisors remediations pipeline flows
GATED := $(patsubst %/.,%/*,$(call present,$(addprefix trimtab/,$(COVERED))))

empty :=
comma := ,
space := $(empty) $(empty)

# $(call phase,title,folder it needs if any,command): names the phase, runs it, tells its seconds.
define phase
@if [ -n "$(2)" ] && [ ! -e "$(2)" ]; then printf '\n== %s: skipped, there is no %s yet\n' "$(1)" "$(2)"; \
else printf '\n== %s\n' "$(1)"; began=$$(date +%s); { $(3); } \
&& printf -- '-- %s: %s s\n' "$(1)" "$$(($$(date +%s) - began))" \
|| { printf -- '-- %s: FAILED after %s s\n' "$(1)" "$$(($$(date +%s) - began))"; exit 1; }; fi
endef

FORMAT_CHECK = ruff format --check $(CODE)
LINT = ruff check $(CODE)
TYPES = mypy $(TYPED)
# Whole files, so that what a file makes once is made once; not the tests that take ports.
SIDE_BY_SIDE = -n auto --maxprocesses 4 --dist loadfile
QUICK_TESTS = pytest $(SIDE_BY_SIDE) -m "not scenario and not browser and not contract and not storm" \
	--ignore=tests/storm
STORM_TESTS = pytest -m storm tests
UNIT_TESTS = pytest $(SIDE_BY_SIDE) $(if $(TYPED),--cov --cov-report=)
COVERAGE_GATE = coverage report --fail-under=100 --include='$(subst $(space),$(comma),$(GATED))'
SCENARIO_TESTS = pytest -m scenario
# Where there is no Chromium these skip, and -rs says why.
BROWSER = $(shell command -v chromium || command -v chromium-browser || command -v google-chrome || true)
BROWSER_TESTS = pytest -m browser -rs tests/browser
# Templates of before are removed, so that only what this synth wrote is read; assets stay.
SYNTH = find cdk.out -name '*.template.json' -delete 2>/dev/null; \
	CDK_OUTDIR="$(CURDIR)/cdk.out" python -m infra.app \
	&& find cdk.out -name '*.template.json' | sort
TEMPLATE_LINT = find cdk.out -name '*.template.json' -exec cfn-lint --ignore-checks W3005 --template {} +
# W3005 flags a DependsOn that the CDK itself writes. The state machines are linted by tests/infra.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo demo-check test check storm format lock synth browser-check mutants invariants bench eval-memory eval-pc fuzz clean

help: ## show this list
	@printf 'Trimtab keeps a fleet of Lambda functions right-sized. Start with: make demo\n\n'
	@awk -F ': *[^#]*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nEvery command sets up what it needs first. Another Python: make setup PYTHON=/path/to/python3\n'

setup: ## make the environments (about half a minute, then instant)
	@$(SETUP)

# What GitHub says its own API takes: the stand-in and the ticket tests hold requests against it.
.PHONY: contracts
contracts: setup
	@[ -e build/github-openapi.json ] || python tools/github_openapi.py \
		|| echo 'contracts: not to be had; ticket requests will not be checked'

demo: contracts ## run a whole Organization on this machine: scan, email, approval, change, undo
	@trimtab demo

demo-check: contracts ## run the demo without a person and check what it did
	@trimtab demo --check

test: contracts ## everything that must hold: format, lint, types, synth, tests, scenario, pages
	$(call phase,Format,,$(FORMAT_CHECK))
	$(call phase,Lint,,$(LINT))
	$(call phase,Types,trimtab,$(TYPES))
	$(call phase,Synth,infra/app.py,$(SYNTH))
	$(call phase,Templates,infra/app.py,$(TEMPLATE_LINT))
	$(call phase,Tests,,$(UNIT_TESTS))
	$(call phase,Coverage of every branch: $(COVERED),$(firstword $(GATED:/*=) trimtab/domain),$(COVERAGE_GATE))
	$(call phase,Scenario,tests/scenario,$(SCENARIO_TESTS))
	@if [ -n "$(BROWSER)" ]; then $(SETUP) --with-browser; fi
	$(call phase,Browser,tests/browser,$(BROWSER_TESTS))

check: setup ## the quick part of test: format, lint, types, unit tests
	$(call phase,Format,,$(FORMAT_CHECK))
	$(call phase,Lint,,$(LINT))
	$(call phase,Types,trimtab,$(TYPES))
	$(call phase,Quick tests,,$(QUICK_TESTS))

storm: setup ## stop every path at every call, and let everybody act at once (minutes)
	$(call phase,Storm,tests/storm,$(STORM_TESTS))

format: setup ## put the code into shape and mend what can be mended safely
	@ruff check --fix-only --quiet $(CODE)
	@ruff format $(CODE)

synth: setup ## write the CloudFormation templates to cdk.out
	$(call phase,Synth,infra/app.py,$(SYNTH))

browser-check: ## look at the pages and emails in a real browser (needs Chromium)
	@$(SETUP) --with-browser
	$(call phase,Browser,tests/browser,$(BROWSER_TESTS))

COMPILE = .venv-tools/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header $(UPGRADE)

mutants: ## try small faults against the tests (an hour; a part of it: make mutants SAMPLE=300 SEED=1)
	@$(SETUP) --with-mutants
	@python -m tools.mutants $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

invariants: setup ## take out what keeps each invariant; a test of its number must fail (half an hour)
	@python -m tools.invariants

eval-memory: setup ## judge the memory advisor on measured functions (DATA=folder of the same layout)
	@python -m tests.evaluation.memory $(if $(DATA),--data "$(DATA)") $(if $(SEEDS),--seeds $(SEEDS)) $(if $(HELD_OUT),--held-out) $(if $(PRIOR),--print-prior)

eval-pc: setup ## judge schedules of provisioned concurrency on real demand (DATA=folder of the same layout)
	@python -m tests.evaluation.provisioned $(if $(DATA),--data "$(DATA)")

bench: setup ## measure what is promised about speed (prints ratios; asserts nothing)
	@python -m tests.benchmarks.cold_start
	@python -m tests.benchmarks.ledger_writers
	@python -m tests.benchmarks.scan_page
	@python -m tests.benchmarks.judging
	@python -m tests.benchmarks.fleet

fuzz: setup ## break policy files in a hundred thousand ways (minutes; FIRST=100000 for other ones)
	@python -m tests.fuzz.campaign $(if $(COUNT),--count $(COUNT)) $(if $(FIRST),--first $(FIRST))

lock: ## write the locks anew from pyproject.toml (newer versions too: make lock UPGRADE=--upgrade)
	@$(SETUP) --only-tools
	@$(COMPILE) pyproject.toml --extra cli --extra infra --extra dev -o requirements.lock
	@$(COMPILE) pyproject.toml -c requirements.lock -o requirements-lambda.lock
	@$(COMPILE) --group browser -c requirements.lock -o requirements-browser.lock
	@$(COMPILE) --group mutants -c requirements.lock -o requirements-mutants.lock
	@$(COMPILE) --group node -o requirements-node.lock
	@$(COMPILE) --group uv -o requirements-uv.lock
	@$(COMPILE) requirements-local.in -o requirements-local.lock
	@if grep -l '://' requirements*.lock; then echo 'lock: the locks above name a host'; exit 1; fi
	@echo 'lock: done; make setup installs what changed'

clean: ## remove all that these commands made, the environments included
	@rm -rf .venv .venv-local .venv-tools .venv.lock build cdk.out dist htmlcov .trimtab
	@rm -rf .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
