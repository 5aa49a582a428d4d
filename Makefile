# dcbench: see README.md. `make help` lists the targets.

VERSION := 0.1.0

prefix      ?= /usr/local
exec_prefix ?= $(prefix)
bindir      ?= $(exec_prefix)/bin
libexecdir  ?= $(exec_prefix)/libexec
datarootdir ?= $(prefix)/share
datadir     ?= $(datarootdir)
mandir      ?= $(datarootdir)/man
docdir      ?= $(datarootdir)/doc/dcbench
bashcompdir ?= $(datadir)/bash-completion/completions
zshcompdir  ?= $(datadir)/zsh/site-functions
fishcompdir ?= $(datadir)/fish/vendor_completions.d

CC         ?= cc
INSTALL    ?= install
PKG_CONFIG ?= pkg-config
CFLAGS     ?= -O2 -g

# The interpreters to build a worker for. `make PYTHONS="3.11 3.13"` takes those that
# pkg-config finds as python-3.N-embed; PKG_CONFIG_PATH may name other prefixes.
PYTHONS ?= $(shell $(PKG_CONFIG) --modversion python3-embed 2>/dev/null)

SANITIZE ?=
B := build$(if $(SANITIZE),/sanitize)
Q := $(if $(V),,@)

comma    := ,
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wwrite-strings -Wcast-qual -Wpointer-arith \
            -Wformat=2 -Wvla -Wundef -Wdouble-promotion $(if $(WERROR),-Werror)
SANFLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)

# Where the installed program finds its parts, seen from the folder it stands in.
relative = $(shell realpath -m --relative-to='$(bindir)' '$(1)')
DEFINES  = -D_GNU_SOURCE -DDCB_VERSION='"$(VERSION)"' -DDCB_CALLGRIND=$(CALLGRIND) \
           -DDCB_LIBEXEC_RELATIVE='"$(call relative,$(libexecdir)/dcbench)"' \
           -DDCB_DATA_RELATIVE='"$(call relative,$(datadir)/dcbench)"'
# The macros that a simulated worker tells callgrind with what to count.
CALLGRIND := $(shell $(CC) $(CPPFLAGS) -include valgrind/callgrind.h -fsyntax-only -x c /dev/null >/dev/null 2>&1 && echo 1 || echo 0)
ALL_CFLAGS = -std=gnu11 -iquote src $(DEFINES) $(WARNINGS) -fno-common $(SANFLAGS) $(CFLAGS)

JANSSON_CFLAGS := $(shell $(PKG_CONFIG) --cflags jansson 2>/dev/null)
JANSSON_LIBS   := $(shell $(PKG_CONFIG) --libs jansson 2>/dev/null || echo -ljansson)
ZLIB_CFLAGS    := $(shell $(PKG_CONFIG) --cflags zlib 2>/dev/null)
ZLIB_LIBS      := $(shell $(PKG_CONFIG) --libs zlib 2>/dev/null || echo -lz)

LIB_SRC    := $(sort $(wildcard src/*.c))
CLI_SRC    := $(sort $(wildcard cli/*.c))
WORKER_SRC := $(sort $(wildcard src/worker/*.c))
UNIT_SRC   := $(sort $(wildcard tests/unit/test_*.c))
PY_FILES   := $(sort $(wildcard workloads/*.py impls/*.py support/*.py selftest/*.py))

LIB_OBJ  := $(LIB_SRC:%.c=$(B)/obj/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(B)/obj/%.o)
LIB      := $(B)/libdcbench.a
PROGRAM  := $(B)/bin/dcbench
WORKERS  := $(PYTHONS:%=$(B)/libexec/dcbench/dcbench-worker-%)
# Counts libc's malloc, preloaded into workers that count memory. A sanitizer has an
# allocator of its own: there it is not built.
MALLOC_SO := $(if $(SANITIZE),,$(B)/libexec/dcbench/dcbench-malloc.so)
UNITS    := $(UNIT_SRC:tests/unit/%.c=$(B)/tests/%)

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all
all: $(PROGRAM) $(WORKERS) $(MALLOC_SO) $(B)/share/dcbench

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo '  CC      $<'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(JANSSON_CFLAGS) $(ZLIB_CFLAGS) -MMD -MP -c -o $@ $<

# Everything is built again when the flags change.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(PKG_CONFIG_PATH) $(foreach v,$(PYTHONS),$(LINK_$(v))))' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
.PHONY: FORCE
FORCE:

$(LIB): $(LIB_OBJ)
	@echo '  AR      $@'
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(PROGRAM): $(CLI_OBJ) $(LIB)
	@mkdir -p $(@D)
	@echo '  LINK    $@'
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(JANSSON_LIBS) $(ZLIB_LIBS) -lpfm -lm

# One worker for each interpreter; its objects see that interpreter's headers, and it links
# the library that the interpreter itself uses (PYTHON_LINK=static or shared overrides that).
PYTHON_LINK ?= auto
$(foreach v,$(PYTHONS),$(eval LINK_$(v) := $(shell scripts/python-link $(v) $(PYTHON_LINK) $(B)/python-link-$(v))))
# As the worker will see it, where it is built for another machine.
py_prefix = $(patsubst $(PKG_CONFIG_SYSROOT_DIR)%,%,$(shell $(PKG_CONFIG) --variable=exec_prefix python-$(1)-embed))
py_cflags = $(shell $(PKG_CONFIG) --cflags python-$(1)-embed | sed 's/-I/-isystem /g') \
            -DDCB_PYTHON_VERSION='"$(1)"' \
            -DDCB_PYTHON_PREFIX='"$(call py_prefix,$(1))"' \
            -DDCB_PYTHON_LINK='"$(word 1,$(LINK_$(1)))"' \
            -DDCB_PYTHON_OWN_LINK='"$(word 2,$(LINK_$(1)))"' \
            -DDCB_PYTHON_MISSING='"$(word 3,$(LINK_$(1)))"'
# A static libpython comes first, as in the interpreter: so its code lies at the same place
# whatever we put behind it, and a ratio does not move with our own builds.
py_libs   = $(wordlist 4,99,$(LINK_$(1)))
py_first  = $(filter %.o %.a -Wl%,$(py_libs))
py_last   = $(filter-out %.o,$(py_libs))

define worker_rules
$(B)/obj/$(1)/%.o: src/worker/%.c $(B)/flags
	@mkdir -p $$(@D)
	@echo '  CC-$(1) $$<'
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(CPPFLAGS) $$(JANSSON_CFLAGS) $$(call py_cflags,$(1)) -MMD -MP -c -o $$@ $$<

$(B)/libexec/dcbench/dcbench-worker-$(1): $(B)/obj/$(1)/first.o $(patsubst src/worker/%.c,$(B)/obj/$(1)/%.o,$(filter-out src/worker/first.c,$(WORKER_SRC))) $(LIB)
	@mkdir -p $$(@D)
	@echo '  LINK    $$@'
	$$(Q)$$(PKG_CONFIG) --exists python-$(1)-embed || { echo 'no python-$(1)-embed.pc: install the development files of Python $(1), or name their folder in PKG_CONFIG_PATH' >&2; exit 1; }
	$$(Q)$$(CC) $$(SANFLAGS) $$(LDFLAGS) -o $$@ $(B)/obj/$(1)/first.o $$(call py_first,$(1)) $$(filter-out %/first.o,$$^) $$(JANSSON_LIBS) $$(call py_last,$(1)) -lm
endef
$(foreach v,$(PYTHONS),$(eval $(call worker_rules,$(v))))

PRELOAD_SRC := $(sort $(wildcard src/preload/*.c)) src/ledger.c
$(B)/libexec/dcbench/dcbench-malloc.so: $(PRELOAD_SRC) $(wildcard src/preload/*.h) src/ledger.h src/model.h $(B)/flags
	@mkdir -p $(@D)
	@echo '  LINK    $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -fno-builtin -fvisibility=hidden -fPIC -shared $(LDFLAGS) -o $@ $(PRELOAD_SRC) -pthread

# The build tree has the shape of the installed one, so that it works in place.
$(B)/share/dcbench: Makefile | $(B)/flags
	@mkdir -p $@
	@for part in workloads impls support selftest; do ln -sfn $(CURDIR)/$$part $@/$$part; done

# cmocka 2 deprecates what cmocka 1 has nothing else for. The tests of tests/lab need a PMU
# whose numbers are known: scripts/pmu-lab runs them.
TEST_OBJ = $(filter-out $(B)/obj/cli/main.o,$(CLI_OBJ))
define link_test
	@mkdir -p $(@D)
	@echo '  CC      $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -Wno-deprecated-declarations -Icli -iquote tests/unit $(JANSSON_CFLAGS) -MMD -MP -o $@ $< $(TEST_OBJ) $(LIB) $(JANSSON_LIBS) $(ZLIB_LIBS) -lcmocka -lpfm -lm
endef

$(B)/tests/%: tests/unit/%.c $(LIB) $(TEST_OBJ)
	$(link_test)

$(B)/tests/%: tests/lab/%.c $(LIB) $(TEST_OBJ)
	$(link_test)

$(B)/tests/known_loop.so: tests/lab/known_loop.c
	@mkdir -p $(@D)
	@echo '  CC      $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -shared -fPIC -o $@ $<

## ---- tests ----

# The interpreter of the tests is the one the first worker is built for; another python3
# may come first on PATH.
TEST_PYTHON ?= $(firstword $(wildcard $(shell $(PKG_CONFIG) --variable=exec_prefix python3-embed 2>/dev/null)/bin/python3) /usr/bin/python3)
PYTEST      ?= $(TEST_PYTHON) -B -m pytest -q -p no:cacheprovider

# Recorded workers through the statistics of a run (scripts/calibrate).
$(B)/tests/replay: scripts/study/replay.c $(LIB)
	@mkdir -p $(@D)
	@echo '  CC      $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -MMD -MP -o $@ $< $(LIB) -lm

# How often a step is seen where there is none, and where there is one.
$(B)/tests/step_rates: scripts/study/step_rates.c $(LIB)
	@mkdir -p $(@D)
	@echo '  CC      $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -MMD -MP -o $@ $< $(LIB) -lm

# What the timed loop costs (scripts/speed).
FIRST_PYTHON := $(firstword $(PYTHONS))
$(B)/tests/loop_overhead: tests/bench/loop_overhead.c $(B)/obj/$(FIRST_PYTHON)/py_loop.o
	@mkdir -p $(@D)
	@echo '  CC      $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(call py_cflags,$(FIRST_PYTHON)) -iquote src/worker -o $@ $(call py_first,$(FIRST_PYTHON)) $^ $(call py_last,$(FIRST_PYTHON))

# Targets of libFuzzer, with flags that scripts/fuzz gives.
$(B)/fuzz_%: tests/fuzz/fuzz_%.c $(LIB)
	@mkdir -p $(@D)
	@echo '  CC      $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(JANSSON_CFLAGS) -fsanitize=fuzzer -o $@ $< $(LIB) $(JANSSON_LIBS) $(ZLIB_LIBS) -lm

.PHONY: fuzz
fuzz: ## feed damaged input to what reads files and answers, for a minute
	$(Q)BUILD='$(B)' scripts/fuzz 60

.PHONY: check unit python e2e check-boundaries check-headers check-format
check: unit check-boundaries check-headers check-format python e2e ## run every test

unit: $(UNITS) ## run the unit tests (C)
	$(Q)status=0; for t in $(UNITS); do echo "  TEST    $$t"; $$t || status=1; done; exit $$status

python: all ## test the Python side: implementations, loader, check of copies
	$(Q)$(PYTEST) tests/python

e2e: all ## drive the built program as a user would (DCBENCH names another one)
	$(Q)DCBENCH='$(or $(DCBENCH),$(CURDIR)/$(PROGRAM))' $(PYTEST) tests/e2e

check-boundaries: all ## each outside world is seen by its own modules only
	$(Q)scripts/check-boundaries $(PROGRAM)

# A header compiles alone.
HEADERS := $(sort $(wildcard src/*.h src/preload/*.h cli/*.h))
check-headers:
	$(Q)set -e; for h in $(HEADERS); do \
	  echo "#include \"$$h\"" | $(CC) $(ALL_CFLAGS) -I. -iquote cli -fsyntax-only -x c -; done
	@echo '  OK      headers compile alone'

check-format: ## clang-format leaves the sources as they are
	$(Q)if clang-format --version 2>/dev/null | grep -q 'version 14'; then \
	  clang-format --dry-run -Werror $(wildcard src/*.[ch] src/worker/*.[ch] src/preload/*.[ch] cli/*.[ch] tests/unit/*.[ch] tests/lab/*.[ch] tests/fuzz/*.c scripts/study/*.c) && \
	  echo '  OK      format'; \
	else echo '  SKIPPED format: no clang-format 14 here'; fi

## ---- installing ----

INSTALL_PROGRAM = $(INSTALL) -D -m 755
INSTALL_DATA    = $(INSTALL) -D -m 644

.PHONY: install uninstall
install: $(PROGRAM) $(WORKERS) $(MALLOC_SO) ## install below $(prefix), or $(DESTDIR)$(prefix)
	$(Q)$(INSTALL_PROGRAM) $(PROGRAM) '$(DESTDIR)$(bindir)/dcbench'
	$(Q)set -e; for w in $(notdir $(WORKERS)); do \
	  $(INSTALL_PROGRAM) $(B)/libexec/dcbench/$$w "$(DESTDIR)$(libexecdir)/dcbench/$$w"; done
	$(Q)set -e; for l in $(MALLOC_SO); do \
	  $(INSTALL_DATA) $$l '$(DESTDIR)$(libexecdir)/dcbench/dcbench-malloc.so'; done
	$(Q)set -e; for f in $(PY_FILES); do \
	  $(INSTALL_DATA) $$f "$(DESTDIR)$(datadir)/dcbench/$$f"; done
	$(Q)$(INSTALL_DATA) man/dcbench.1 '$(DESTDIR)$(mandir)/man1/dcbench.1'
	$(Q)set -e; for f in $(DOC_FILES); do \
	  $(INSTALL_DATA) $$f "$(DESTDIR)$(docdir)/$$(basename $$f)"; done
	$(Q)$(INSTALL) -d '$(DESTDIR)$(bashcompdir)' '$(DESTDIR)$(zshcompdir)' '$(DESTDIR)$(fishcompdir)'
	$(Q)$(PROGRAM) --completion bash >'$(DESTDIR)$(bashcompdir)/dcbench'
	$(Q)$(PROGRAM) --completion zsh >'$(DESTDIR)$(zshcompdir)/_dcbench'
	$(Q)$(PROGRAM) --completion fish >'$(DESTDIR)$(fishcompdir)/dcbench.fish'

DOC_FILES := README.md $(sort $(wildcard docs/*.md docs/*.json))

# Folders that others may use are removed only where they are empty.
uninstall: ## remove what install put there
	$(Q)rm -f '$(DESTDIR)$(bindir)/dcbench' '$(DESTDIR)$(mandir)/man1/dcbench.1' \
	  '$(DESTDIR)$(bashcompdir)/dcbench' '$(DESTDIR)$(zshcompdir)/_dcbench' \
	  '$(DESTDIR)$(fishcompdir)/dcbench.fish'
	$(Q)rm -rf '$(DESTDIR)$(libexecdir)/dcbench' '$(DESTDIR)$(datadir)/dcbench' '$(DESTDIR)$(docdir)'
	$(Q)for d in '$(bindir)' '$(libexecdir)' '$(mandir)/man1' '$(mandir)' '$(dir $(docdir))' \
	  '$(bashcompdir)' '$(dir $(bashcompdir))' '$(zshcompdir)' '$(dir $(zshcompdir))' \
	  '$(fishcompdir)' '$(dir $(fishcompdir))' '$(datadir)' '$(datarootdir)' '$(prefix)'; do \
	  rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$d" 2>/dev/null || true; done

# The same commit gives the same bytes.
.PHONY: dist clean help
dist: ## a source archive of HEAD in dist/
	@mkdir -p dist
	$(Q)git archive --format=tar --prefix=dcbench-$(VERSION)/ HEAD | gzip -n >dist/dcbench-$(VERSION).tar.gz
	@echo dist/dcbench-$(VERSION).tar.gz

clean: ## remove what was built, but not caches of the test matrix
	rm -rf build/bin build/libexec build/share build/obj build/tests build/libdcbench.a build/flags build/python-link-* build/sanitize build/fuzz build/link-*

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r t h; do printf '  %-18s %s\n' "$$t" "$$h"; done

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(wildcard $(B)/obj/*/*.d $(B)/tests/*.d)
