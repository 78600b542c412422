# SPDX-License-Identifier: GPL-2.0
#
# What the programs' Makefiles share; they set packages (of pkg-config) first.
# CC, CXX, CFLAGS, CXXFLAGS, LDFLAGS, PKG_CONFIG and INSTALL can be given for a
# cross build; WERROR= lets warnings pass, STATIC_RUNTIME= links the C++ library
# dynamically.
CC ?= gcc
CXX ?= g++
CFLAGS ?= -Os -flto=auto
CXXFLAGS ?= -Os -flto=auto
PKG_CONFIG ?= pkg-config
INSTALL ?= install
PREFIX ?= /usr
LIBEXECDIR ?= $(PREFIX)/libexec/passthrough
WERROR ?= -Werror
STATIC_RUNTIME ?= -static-libstdc++ -static-libgcc

top := ../..
tool := ../passthroughctl
warnings := -Wall -Wextra -Wpedantic
sections := -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
includes := -I. -I$(tool) -I$(top)/include -I$(top)/include/uapi \
	$(if $(packages),$(shell $(PKG_CONFIG) --cflags $(packages)))
# "make CXXFLAGS=..." replaces flags to tune; these are needed.
own_cxxflags := -std=c++20 $(warnings) $(WERROR) -fno-exceptions -fno-rtti $(sections) \
	$(includes) -DPASSTHROUGHCTL_VERSION='"$(shell cat $(top)/VERSION)"'
own_cflags := -std=c11 $(warnings) $(WERROR) $(sections) -I$(top)/include
own_ldflags := -Wl,--gc-sections -Wl,--as-needed $(STATIC_RUNTIME)
libs := $(if $(packages),$(shell $(PKG_CONFIG) --libs $(packages)))

# With exceptions and sanitizers: GoogleTest wants the former.
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all
unit_cflags := -std=c11 -g -O1 $(warnings) -Werror $(sanitize) -I$(top)/include
unit_cxxflags := -std=c++20 -g -O1 $(warnings) -Werror $(sanitize) $(includes)

# What is the tool's, and the modules' pure files.
vpath %.cpp $(tool)
vpath %.c $(addprefix $(top)/,nf_pptp_gre_helper nf_ipsec_natt_helper nf_l2tp_helper)

all:

%.o: %.cpp Makefile ../common.mk
	$(CXX) $(own_cxxflags) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

%.o: %.c Makefile ../common.mk
	$(CC) $(own_cflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

tests/%.o: tests/%.cpp Makefile ../common.mk
	$(CXX) $(unit_cxxflags) -MMD -MP -c -o $@ $<

tests/%.o: %.cpp Makefile ../common.mk
	$(CXX) $(unit_cxxflags) -MMD -MP -c -o $@ $<

tests/%.o: %.c Makefile ../common.mk
	$(CC) $(unit_cflags) -MMD -MP -c -o $@ $<
