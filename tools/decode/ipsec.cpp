// SPDX-License-Identifier: GPL-2.0
//
// IPsec: IKE, ESP, and both on one UDP port, by the module's parsers.
#include "ipsec.hpp"

#include <algorithm>

#include <passthrough/wire/esp.h>
#include <passthrough/wire/ike.h>

#include "render.hpp"

namespace {

std::string exchange_name(const nfpt_ike &ike)
{
	static constexpr struct {
		std::uint8_t version;
		std::uint8_t exchange;
		const char *name;
	} exchanges[] = {
		{ 1, NFPT_IKE_V1_MAIN, "Main Mode" },
		{ 1, NFPT_IKE_V1_AGGRESSIVE, "Aggressive Mode" },
		{ 1, NFPT_IKE_V1_INFO, "Informational" },
		{ 1, NFPT_IKE_V1_QUICK, "Quick Mode" },
		{ 2, NFPT_IKE_SA_INIT, "IKE_SA_INIT" },
		{ 2, NFPT_IKE_AUTH, "IKE_AUTH" },
		{ 2, NFPT_IKE_CREATE_CHILD, "CREATE_CHILD_SA" },
		{ 2, NFPT_IKE_INFO, "INFORMATIONAL" },
	};

	for (const auto &e : exchanges)
		if (e.version == ike.version && e.exchange == ike.exchange)
			return e.name;
	return "exchange " + std::to_string(ike.exchange);
}

// What nfpt_ike_parse() did not like; it has read the header if it was there.
void tell_ike_fault(Message &message, std::size_t there, std::uint32_t length, const nfpt_ike &ike)
{
	if (length < NFPT_IKE_HEADER)
		message.fault = std::to_string(length) + " bytes, an IKE header has 28";
	else if (there < NFPT_IKE_HEADER)
		message.remark = cut_short(there, length);
	else if (!ike.ispi)
		message.fault = "the initiator's SPI is 0";
	else if (ike.version != 1 && ike.version != 2)
		message.fault = "IKE version " + std::to_string(ike.version);
	else
		message.fault = "length " + std::to_string(ike.length) + " in " +
				std::to_string(length) + " bytes";
}

Message decode_ike_at(const Packet &packet, std::size_t marker)
{
	Message message{ .protocol = "ipsec", .title = "IKE", .transport = "udp" };
	auto there = packet.payload.subspan(marker);
	std::uint32_t length = packet.length - static_cast<std::uint32_t>(marker);
	nfpt_ike ike{};

	if (!nfpt_ike_parse(there.data(), static_cast<std::uint32_t>(there.size()), length, &ike)) {
		tell_ike_fault(message, there.size(), length, ike);
		return message;
	}
	message.title = "IKEv" + std::to_string(ike.version);
	message.name = exchange_name(ike);
	message.put("version", {}, ike.version);
	if (ike.version == 2)
		message.put("response", ike.flags & NFPT_IKE_RESPONSE, "response", "request");
	message.put("initiator-spi", "SPIs", format_ike_spi(ike.ispi));
	message.put("responder-spi", "/", format_ike_spi(ike.rspi));
	message.put("message-id", "id", std::uint64_t(ike.msgid));
	message.put("exchange", {}, ike.exchange);
	message.put("length", {}, std::uint64_t(ike.length));
	return message;
}

Message decode_esp_over(const Packet &packet, std::string_view transport, const char *title)
{
	Message message{ .protocol = "ipsec", .title = title, .transport = transport };
	std::uint32_t spi, seq;

	if (packet.length < NFPT_ESP_MIN) {
		message.fault = std::to_string(packet.length) +
				" bytes, SPI and sequence number have 8";
		return message;
	}
	if (packet.payload.size() < NFPT_ESP_MIN) {
		message.remark = cut_short(packet.payload.size(), packet.length);
		return message;
	}
	if (!nfpt_esp_parse(packet.payload.data(), NFPT_ESP_MIN, &spi, &seq)) {
		message.fault = "SPI " + format_spi(nfpt_get_be32(packet.payload.data())) +
				" is reserved";
		return message;
	}
	message.name = "ESP";
	message.put("spi", "SPI", format_spi(spi));
	message.put("sequence", "seq", std::uint64_t(seq));
	return message;
}

} // namespace

Message decode_ike(const Packet &packet)
{
	return decode_ike_at(packet, 0);
}

Message decode_esp(const Packet &packet)
{
	return decode_esp_over(packet, "esp", "ESP");
}

Message decode_natt(const Packet &packet)
{
	Message message{ .protocol = "ipsec", .title = "NAT-T", .transport = "udp" };
	std::size_t needed = std::min<std::size_t>(packet.length, NFPT_ESP_MIN);

	if (packet.payload.size() < needed) {
		message.remark = cut_short(packet.payload.size(), packet.length);
		return message;
	}
	switch (nfpt_natt_parse(packet.payload.data(), packet.length)) {
	case NFPT_NATT_KEEPALIVE:
		message.name = "keepalive";
		break;
	case NFPT_NATT_IKE:
		return decode_ike_at(packet, NFPT_NATT_MARKER);
	case NFPT_NATT_ESP:
		return decode_esp_over(packet, "udp", "ESP/UDP");
	case NFPT_NATT_MALFORMED:
		message.fault = needed < NFPT_ESP_MIN ?
					std::to_string(packet.length) +
						" bytes, neither IKE nor ESP nor a keepalive" :
					"SPI " + format_spi(nfpt_get_be32(packet.payload.data())) +
						" is reserved";
		break;
	}
	return message;
}
