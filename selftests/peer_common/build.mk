# SPDX-License-Identifier: GPL-2.0
# How synthetic peers are built: include it with PEER (the program's name) and
# PARTS (the sources that are its own) set.

CXX      ?= g++
CXXFLAGS ?= -O2 -g
CXXFLAGS += -std=c++20 -Wall -Wextra -Werror -I../peer_common
BUILD    := build
PARTS    += line.cpp net.cpp reactor.cpp
OBJECTS  := $(addprefix $(BUILD)/,$(PARTS:.cpp=.o))
VPATH    := ../peer_common

all: $(BUILD)/$(PEER)

$(BUILD)/$(PEER): $(OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/%.o: %.cpp $(wildcard *.hpp ../peer_common/*.hpp) | $(BUILD)
	$(CXX) $(CXXFLAGS) -c -o $@ $<

$(BUILD):
	mkdir -p $@

clean:
	rm -rf $(BUILD)

.PHONY: all clean
