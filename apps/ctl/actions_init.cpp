// init: a first configuration in a folder, which starts as it is. The text is a pure function; the file is made only
// where there is none. Must not ask a daemon. Source: docs/supervisorctl.md.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/first_configuration.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"
#include "apps/ctl/shown_text.hpp"
#include "config/datatypes.hpp"
#include "platform/unique_fd.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::ctl {

using protocols::rpc_value;

namespace {

constexpr std::string_view name_of_file = "/supervisord.conf";

/// The system's sentence; empty: it is there now.
std::string make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0)
    return {};
  auto why = errno;
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    return {};
  return why == EEXIST ? "it is no folder" : std::strerror(why);
}

bool is_link(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}

/// Likewise. What is there already stays as it is.
std::string make_file(const std::string& path, std::string_view text) {
  platform::unique_fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)};
  if (!file)
    return errno == EEXIST ? "it exists" : std::strerror(errno);
  while (!text.empty()) {
    auto written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0) {
      std::string why = std::strerror(errno);
      ::unlink(path.c_str()); // half of it would start, and not as it was meant
      return why;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

} // namespace

void do_init(session& s, const std::string& arguments) {
  auto given = s.chosen().words.empty() ? split_words(arguments) // whose folders have no blanks
                                        : std::vector(s.chosen().words.begin() + 1, s.chosen().words.end());
  bool as_json = takes_json(s, given);
  auto wanted = to_init_request(given);
  if (!wanted)
    return usage_error(s, "init", wanted.error().what, exit_status::invalid_arguments);
  auto on = config::host::real();
  auto folder = config::absolute(wanted->folder, on);
  auto file = (folder == "/" ? "" : folder) + std::string(name_of_file);
  auto refuse = [&](const std::string& what, const std::string& why) {
    s.complain("ERROR: " + displayable(what) + ": " + why);
    s.fail(exit_status::generic);
  };
  if (auto why = trouble_with_folder(folder); !why.empty())
    return refuse(folder, why);
  auto text = first_configuration(wanted->programs, on.uid == 0);
  if (auto why = trouble_with_configuration(on, file, text, wanted->programs); !why.empty())
    return refuse(file, "it would not load: " + displayable(why));
  if (auto why = make_folder(folder); !why.empty())
    return refuse(folder, why);
  struct stat info {};
  if (::lstat(file.c_str(), &info) == 0) // before anything else is made
    return refuse(file, S_ISLNK(info.st_mode) ? "it exists, as a symbolic link" : "it exists");
  if (is_link(folder + "/conf.d"))
    return refuse(folder + "/conf.d", "it is a symbolic link");
  if (auto why = make_folder(folder + "/conf.d"); !why.empty())
    return refuse(folder + "/conf.d", why);
  make_file(folder + "/conf.d/example.conf", first_example()); // one that is there already is as good
  if (auto why = make_file(file, text); !why.empty())
    return refuse(file, why);
  auto start = "supervisord -c " + for_a_shell(file), look = "supervisorctl -c " + for_a_shell(file) + " status";
  if (as_json)
    return s.document(
      rpc_value::structure{{"file", in_utf8(file)}, {"commands", rpc_value::array{in_utf8(start), in_utf8(look)}}});
  s.out("wrote " + displayable(file));
  s.out("start the daemon: " + displayable(start));
  s.out("see how it is:    " + displayable(look));
}

} // namespace troupe::ctl
