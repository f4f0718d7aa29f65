// supervisord --audit-verify: whether the lines of an audit trail's files still follow each other. Must not write
// anything but its verdict. Source: docs/contract/access.md, 7.3.
#include "apps/daemon/audit_open.hpp"
#include "apps/daemon/daemon.hpp"
#include "protocols/audit_chain.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace troupe {

namespace {

/// 0: all of the file fits.
int check_file(const std::string& path, protocols::audit_check& check) {
  std::unique_ptr<FILE, int (*)(FILE*)> file{std::fopen(path.c_str(), "re"), &std::fclose};
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read: %s\n", path.c_str(), std::strerror(errno));
    return 1;
  }
  char* line = nullptr;
  std::size_t room = 0;
  int result = 0;
  int number = 0;
  for (ssize_t size; result == 0 && (size = ::getline(&line, &room, file.get())) > 0;) {
    ++number;
    std::string_view text(line, static_cast<std::size_t>(size));
    bool whole = text.back() == '\n';
    if (whole)
      text.remove_suffix(1);
    auto wrong = whole ? check.line(text) : std::optional<std::string>("the chain is broken"); // cut off
    if (wrong) {
      std::printf("%s:%d: %s\n", path.c_str(), number, wrong->c_str());
      result = 1;
    }
  }
  std::free(line);
  return result;
}

} // namespace

int daemon::verify_audit() {
  std::string key_file;
  if (line.file) {
    auto cfg = load();
    if (!cfg)
      return fail(cfg.error());
    if (cfg->audit)
      key_file = cfg->audit->key_file;
  }
  auto hash = audit_hash(key_file);
  if (!hash)
    return fail(hash.error());
  protocols::audit_check check{*hash};
  int result = 0;
  for (const auto& path : line.audit_files)
    if (result == 0)
      result = check_file(path, check);
  if (result == 0)
    std::printf("%s\n", check.verdict().c_str());
  return printed() != 0 ? 1 : result;
}

} // namespace troupe
