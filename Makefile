# SPDX-License-Identifier: GPL-2.0
#
# make			modules and tool; KDIR= (or KERNEL_SRC=) names the kernel
# make install		both and what belongs to them; DESTDIR=, PREFIX=,
#			WITH_MAN=, WITH_DOC=, WITH_COMPLETION=, WITH_SYSTEMD=,
#			WITH_DOCTOR= (yes or no; doctor needs libjansson),
#			WITH_DECODE= (yes, no, or auto: if there is libpcap)
# make uninstall	what install has put there, of the same kernel
# make demo		real clients through a router, in a virtual machine
# make bench		what packets cost, into docs/benchmarks.md
# make soak		load and change, for SOAK=14400 seconds in each machine
# make check		every test; LAYERS="unit vm-6.12-pptp" some of them
#
# Modules are built in build/RELEASE; W=1, C=2, V=1, ARCH=, CROSS_COMPILE= and
# INSTALL_MOD_DIR= have their kbuild meaning.

newest_headers = $(lastword $(shell ls -vd /lib/modules/*/build 2>/dev/null))
running = $(wildcard /lib/modules/$(shell uname -r)/build)
KERNEL_SRC ?= $(or $(running),$(newest_headers))
KDIR ?= $(KERNEL_SRC)
INSTALL_MOD_DIR ?= extra

tool := tools/passthroughctl
WITH_DOCTOR ?= yes
programs := tools/decode $(if $(filter yes,$(WITH_DOCTOR)),tools/doctor)
build_dirs := $(tool) tools/decode tools/doctor tests/unit tools/fuzz \
	$(patsubst %/Makefile,%,$(wildcard selftests/*/Makefile))

all: modules tool

modules:
	+@scripts/kbuild.sh "$(KDIR)" modules

tool:
	+@for d in $(tool) $(programs); do \
		$(MAKE) --no-print-directory -C $$d || exit; \
	done

modules_install: modules
	+@scripts/kbuild.sh "$(KDIR)" INSTALL_MOD_PATH="$(DESTDIR)" \
		INSTALL_MOD_DIR="$(INSTALL_MOD_DIR)" \
		$(if $(wildcard $(KDIR)/certs/signing_key.pem),,CONFIG_MODULE_SIG_ALL=) \
		modules_install
	$(if $(DESTDIR),,depmod "$$(scripts/kernel-release.sh "$(KDIR)")")

install: modules_install tool
	+@$(MAKE) --no-print-directory -C $(tool) install DESTDIR="$(DESTDIR)"

release = $(shell scripts/kernel-release.sh "$(KDIR)")
modules_dir = $(DESTDIR)/lib/modules/$(release)/$(INSTALL_MOD_DIR)
names = $(shell sed -n "s,^obj-m += \(nf_.*\)\.o$$,\1,p" Kbuild)

# Modules may be compressed.
modules_uninstall:
	$(if $(release),,$(error $(KDIR) is no kernel build directory))
	rm -f $(foreach x,ko ko.gz ko.xz ko.zst,$(patsubst %,$(modules_dir)/%.$(x),$(names)))
	$(if $(DESTDIR),,depmod "$(release)")

uninstall: modules_uninstall
	+@$(MAKE) --no-print-directory -C $(tool) uninstall DESTDIR="$(DESTDIR)"

clean:
	rm -rf build
	+@for d in $(wildcard $(addsuffix /Makefile,$(build_dirs))); do \
		$(MAKE) --no-print-directory -C $$(dirname $$d) clean || exit; \
	done

# Packages for what follows; says so and does nothing when they are there.
deps:
	@scripts/install-deps.sh

# The programs that selftests use.
selftests:
	+@for d in $(wildcard selftests/*/Makefile); do \
		$(MAKE) --no-print-directory -C $$(dirname $$d) || exit; \
	done

SOAK ?= 14400
soak_time = NFPT_SOAK=$(SOAK) NFPT_TIMEOUT=$$(($(SOAK) * 3 + 3600))

soak: deps
	+@scripts/check.sh build
	@$(soak_time) selftests/uml.sh selftests/core_soak.sh
	@$(soak_time) selftests/vm.sh debug selftests/core_soak.sh

check: deps
	+@scripts/check.sh $(LAYERS)

bench: deps
	+@bench/run.sh

lint: deps
	+@scripts/lint.sh

demo: deps
	+@$(MAKE) --no-print-directory tool
	@selftests/vm.sh $(or $(KERNEL),6.12) selftests/demo.sh

# Netlink code from its specification.
ynl:
	@scripts/ynl-gen.sh

ynl-check:
	@scripts/ynl-gen.sh --check

.PHONY: all modules tool selftests modules_install install modules_uninstall uninstall clean \
	deps check soak bench lint demo ynl ynl-check
