// SPDX-License-Identifier: GPL-2.0
//
// `version`: of the tool and of the module, which should be the same.
#include "command.hpp"

#ifndef PASSTHROUGHCTL_VERSION
#error "the build passes the VERSION file's line as PASSTHROUGHCTL_VERSION"
#endif

Status run_version(Context &context)
{
	static constexpr std::string_view tool = PASSTHROUGHCTL_VERSION;
	auto kernel = Kernel::open(context.netns);
	std::string module;

	// Without the module the tool still has a version to tell.
	if (!kernel && kernel.error().code != Exit::no_module)
		return kernel.error();
	if (kernel) {
		auto answer = kernel->version();
		if (!answer)
			return answer.error();
		module = *answer;
		if (module.empty())
			module = "unknown";
	}

	if (context.as_json) {
		context.json.put("tool", tool);
		context.json.key("module");
		if (kernel)
			context.json.value(module);
		else
			context.json.null();
		context.json.put("match", module == tool);
		return Done{};
	}
	printf("passthroughctl %s\nnf_passthrough %s\n", tool.data(),
	       kernel ? module.c_str() : "not loaded");
	if (kernel && module != tool)
		note(context, "tool and module differ: install both from the same release, "
			      "then reload the modules or reboot");
	return Done{};
}
