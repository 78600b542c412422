# SPDX-License-Identifier: GPL-2.0
#
# From what bench.sh prints, lines "= TEST VARIANT SIZE WHAT MIN MEDIAN": tables
# in Markdown that compare each variant with the first of its test.  Targets are
# those of the project for the ratio of medians.

function ratio(a, b) {
	return b ? sprintf("%.3f", a / b) : "-"
}

function title(test) {
	if (test == "gre")
		return "GRE, and the set-up of its calls: ours against the stock helper\n\n" \
			"| calls | what | stock | ours | ours / stock | ours / ours at 1 |\n" \
			"|---:|---|---:|---:|---:|---:|"
	if (test == "esp")
		return "ESP against UDP that is nobody's, in one router\n\n" \
			"| SA pairs, UDP flows | what | UDP | ESP | ESP / UDP | ESP / ESP at 1 |\n" \
			"|---:|---|---:|---:|---:|---:|"
	return "TCP and UDP that are no VPN\n\n" \
		"| flows | what | unloaded | bypassed | enabled | bypassed / unloaded | enabled / unloaded |\n" \
		"|---:|---|---:|---:|---:|---:|---:|"
}

function cell(test, variant, size, what,   key) {
	key = test SUBSEP variant SUBSEP size SUBSEP what
	return key in least ? sprintf("%.0f / %.0f", least[key], median[key]) : "-"
}

function of(test, variant, size, what) {
	return median[test, variant, size, what]
}

$1 == "=" && NF == 7 {
	least[$2, $3, $4, $5] = $6
	median[$2, $3, $4, $5] = $7
	if (!(($2, $4, $5) in seen)) {
		seen[$2, $4, $5] = 1
		row[++rows] = $2 " " $4 " " $5
		if (!($2 in begun)) {
			begun[$2] = 1
			tests[++n_tests] = $2
			smallest[$2] = $4
		}
	}
}

END {
	for (t = 1; t <= n_tests; t++) {
		test = tests[t]
		print (t > 1 ? "\n" : "") "### " title(test)
		for (r = 1; r <= rows; r++) {
			split(row[r], part, " ")
			if (part[1] != test)
				continue
			size = part[2]
			what = part[3]
			if (test == "others") {
				printf "| %s | %s | %s | %s | %s | %s | %s |\n", size, what,
					cell(test, "unloaded", size, what), cell(test, "bypassed", size, what),
					cell(test, "enabled", size, what),
					ratio(of(test, "bypassed", size, what), of(test, "unloaded", size, what)),
					ratio(of(test, "enabled", size, what), of(test, "unloaded", size, what))
				continue
			}
			first = test == "gre" ? "stock" : "udp"
			second = test == "gre" ? "ours" : "esp"
			printf "| %s | %s | %s | %s | %s | %s |\n", size, what,
				cell(test, first, size, what), cell(test, second, size, what),
				ratio(of(test, second, size, what), of(test, first, size, what)),
				ratio(of(test, second, size, what), of(test, second, smallest[test], what))
		}
	}
}
