// SPDX-License-Identifier: GPL-2.0
// netlink_fuzz [MESSAGES [SEED]]: requests to nf_passthrough in this network
// namespace, good ones and bent ones.  Whatever is refused must have changed
// nothing, and be said why; the family must answer in the end.
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nf_passthrough.h>

#include "kernel.hpp"
#include "request.hpp"

namespace {

constexpr unsigned batch = 64;	// refusals from one look at what is set to the next

struct Tally {
	unsigned sent = 0, done = 0, refused = 0, unanswered = 0, wordless = 0, applied = 0;
	std::map<std::pair<int, std::string>, unsigned> reasons;
};

bool changes(const Request &request)
{
	return request.cmd == NF_PASSTHROUGH_CMD_PROTOCOL_SET ||
	       request.cmd == NF_PASSTHROUGH_CMD_CONFIG_SET;
}

// Netlink itself has no words for a message that it does not take at all,
// generic netlink for an operation that is not there, or half of its header.
bool needs_words(const Answer &answer, const Bytes &bytes)
{
	return answer.ended && answer.error != EOPNOTSUPP &&
	       bytes.size() >= NLMSG_SPACE(GENL_HDRLEN);
}

void print(const char *what, const Bytes &bytes)
{
	printf("%s:", what);
	for (std::uint8_t byte : bytes)
		printf(" %02x", byte);
	printf("\n");
}

class Run {
public:
	Run(Kernel &kernel, std::uint64_t seed) : kernel_(kernel), chance_(seed) {}

	bool go(unsigned messages);

private:
	bool one();
	bool look();
	void report() const;

	Kernel &kernel_;
	Chance chance_;
	Tally tally_;
	Bytes listing_;
	std::vector<Bytes> refused_;	// since the last look
};

// Nothing that was refused since the last look has changed anything.
bool Run::look()
{
	const Bytes now = kernel_.listing();

	if (now == listing_ && !now.empty()) {
		refused_.clear();
		return true;
	}
	tally_.applied++;
	printf("not ok - one of these %zu was refused, but changed something\n", refused_.size());
	for (const Bytes &bytes : refused_)
		print("#   request", bytes);
	return false;
}

bool Run::one()
{
	const Request request = make_request(chance_);
	const Bytes bytes = encode(request, kernel_.family(), tally_.sent++, chance_);

	// What this one does must not hide what those before did.
	if (changes(request) && !refused_.empty() && !look())
		return false;
	const Answer answer = kernel_.ask(bytes);

	if (answer.error) {
		tally_.refused++;
		tally_.reasons[{ answer.error, answer.message }]++;
		refused_.push_back(bytes);
		if (!answer.worded && needs_words(answer, bytes) && tally_.wordless++ < 10)
			print("#   no words for", bytes);
		return refused_.size() < batch || look();
	}
	if (!answer.ended && !answer.messages)
		tally_.unanswered++;
	else
		tally_.done++;
	if (!changes(request) || !answer.ended) {
		refused_.push_back(bytes);
		return refused_.size() < batch || look();
	}
	// From here on, things are as this request wants them.
	refused_.clear();
	listing_ = kernel_.listing();
	return !listing_.empty();
}

void Run::report() const
{
	printf("# %u requests: %u done, %u refused, %u not answered\n", tally_.sent, tally_.done,
	       tally_.refused, tally_.unanswered);
	for (const auto &[reason, n] : tally_.reasons)
		printf("# %7u %s: %s\n", n, strerror(reason.first),
		       reason.second.empty() ? "-" : reason.second.c_str());
}

bool Run::go(unsigned messages)
{
	bool ok = true;

	listing_ = kernel_.listing();
	if (listing_.empty()) {
		printf("not ok - protocols are listed\n");
		return false;
	}
	while (ok && tally_.sent < messages)
		ok = one();
	ok = ok && look();
	report();
	if (tally_.wordless) {
		printf("not ok - %u refusals without a word\n", tally_.wordless);
		ok = false;
	}
	if (!tally_.done || !tally_.refused) {
		printf("not ok - some are done, and some refused\n");
		ok = false;
	}
	return ok;
}

} // namespace

int main(int argc, char **argv)
{
	const unsigned long messages = argc > 1 ? strtoul(argv[1], nullptr, 0) : 100000;
	const std::uint64_t seed = argc > 2 ? strtoull(argv[2], nullptr, 0) : 1;
	Kernel kernel;

	setvbuf(stdout, nullptr, _IOLBF, 0);
	if (argc > 3 || !messages) {
		fprintf(stderr, "usage: netlink_fuzz [MESSAGES [SEED]]\n");
		return 1;
	}
	if (!kernel.open()) {
		fprintf(stderr, "netlink_fuzz: finding nf_passthrough: %s\n", strerror(errno));
		return 1;
	}
	printf("# seed %" PRIu64 "\n", seed);
	return Run(kernel, seed).go(static_cast<unsigned>(messages)) ? 0 : 1;
}
