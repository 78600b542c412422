# SPDX-License-Identifier: GPL-2.0
#
# From what bench.sh prints, lines "= TEST VARIANT SIZE WHAT MIN MEDIAN": tables
# in Markdown that compare each variant with the first of its test.  All pairs of
# numbers are of the fastest round and of the median.

function ratio(test, a, size_a, b, size_b, what,   over, under) {
	over = test SUBSEP a SUBSEP size_a SUBSEP what
	under = test SUBSEP b SUBSEP size_b SUBSEP what
	if (!(over in least) || !(under in least))
		return "-"
	return sprintf("%.3f / %.3f", least[over] / least[under], median[over] / median[under])
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
					ratio(test, "bypassed", size, "unloaded", size, what),
					ratio(test, "enabled", size, "unloaded", size, what)
				continue
			}
			first = test == "gre" ? "stock" : "udp"
			second = test == "gre" ? "ours" : "esp"
			printf "| %s | %s | %s | %s | %s | %s |\n", size, what,
				cell(test, first, size, what), cell(test, second, size, what),
				ratio(test, second, size, first, size, what),
				ratio(test, second, size, second, smallest[test], what)
		}
	}
}
