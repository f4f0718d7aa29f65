// See audit_open.hpp.
#include "apps/daemon/audit_open.hpp"

#include "platform/digest.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr std::size_t longest_key = 4096;

config::result<std::string> key_in(const std::string& file) {
  platform::unique_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  std::string key(longest_key + 1, '\0');
  auto got = fd ? ::read(fd.get(), key.data(), key.size()) : -1;
  if (got < 0)
    return config::fault("[audit] cannot read key_file " + file + ": " + std::strerror(errno));
  key.resize(static_cast<std::size_t>(got));
  if (!key.empty() && key.back() == '\n')
    key.pop_back();
  if (key.empty() || key.size() > longest_key)
    return config::fault("[audit] key_file " + file + (key.empty() ? " is empty" : " is longer than 4096 bytes"));
  return key;
}

} // namespace

config::result<protocols::hash_function> audit_hash(const std::string& key_file) {
  protocols::hash_function hash = &platform::sha256;
  if (!key_file.empty()) {
    auto key = key_in(key_file);
    if (!key)
      return key.error();
    hash = [kept = config::secret_text(*key)](std::string_view bytes) {
      return platform::hmac_sha256(kept.view(), bytes);
    };
    config::forget(*key);
  }
  try {
    hash("");
  } catch (const std::exception& e) {
    return config::fault(std::string("[audit] chain: ") + e.what());
  }
  return hash;
}

config::result<std::shared_ptr<actors::audit_trail>>
open_audit(const config::configuration& configuration, platform::main_log& log, const std::string& syslog_name) {
  const auto& audit = configuration.audit;
  if (!audit)
    return configuration.access
             ? std::make_shared<actors::audit_trail>(log, config::audit_options{}, nullptr, protocols::hash_function{})
             : nullptr;
  protocols::hash_function hash;
  if (audit->chain) {
    auto made = audit_hash(audit->key_file);
    if (!made)
      return made.error();
    hash = *std::move(made);
  }
  auto file = std::make_unique<platform::audit_file>(
    platform::audit_file::settings{audit->file, audit->maxbytes, audit->backups, syslog_name});
  auto trail = std::make_shared<actors::audit_trail>(log, *audit, std::move(file), std::move(hash));
  if (auto opened = trail->open(); !opened)
    return opened.error();
  return trail;
}

} // namespace troupe
