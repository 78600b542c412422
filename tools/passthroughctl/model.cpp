// SPDX-License-Identifier: GPL-2.0
//
// What is made, copied and destroyed in many places, once.
#include "model.hpp"

Error::Error(Exit code, std::string text, std::string hint, int sys)
	: code(code), text(std::move(text)), hint(std::move(hint)), sys(sys)
{
}

Error::Error() = default;
Error::Error(const Error &) = default;
Error::Error(Error &&) noexcept = default;
Error &Error::operator=(const Error &) = default;
Error &Error::operator=(Error &&) noexcept = default;
Error::~Error() = default;

Setting::Setting() = default;
Setting::Setting(const Setting &) = default;
Setting::Setting(Setting &&) noexcept = default;
Setting &Setting::operator=(const Setting &) = default;
Setting &Setting::operator=(Setting &&) noexcept = default;
Setting::~Setting() = default;

Protocol::Protocol() = default;
Protocol::Protocol(const Protocol &) = default;
Protocol::Protocol(Protocol &&) noexcept = default;
Protocol &Protocol::operator=(const Protocol &) = default;
Protocol &Protocol::operator=(Protocol &&) noexcept = default;
Protocol::~Protocol() = default;

Change::Change() = default;
Change::Change(const Change &) = default;
Change::Change(Change &&) noexcept = default;
Change &Change::operator=(const Change &) = default;
Change &Change::operator=(Change &&) noexcept = default;
Change::~Change() = default;

Session::Session() = default;
Session::Session(const Session &) = default;
Session::Session(Session &&) noexcept = default;
Session &Session::operator=(const Session &) = default;
Session &Session::operator=(Session &&) noexcept = default;
Session::~Session() = default;
