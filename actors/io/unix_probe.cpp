// See unix_probe.hpp.
#include "actors/io/unix_probe.hpp"

#include "platform/descriptors.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

namespace troupe::actors {

namespace {

/// 0, or errno. Closed at once.
int try_connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return ENAMETOOLONG;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  auto fd = platform::make_socket(AF_UNIX, SOCK_STREAM, platform::blocking::no);
  if (!fd)
    return errno;
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

/// A relative one is of the program's directory.
std::string whole_path(std::string_view path, const config::process_options& options) {
  if (path.starts_with('/') || !options.directory)
    return std::string(path);
  return *options.directory + '/' + std::string(path);
}

} // namespace

void unix_probe::look() {
  auto cannot = [this](const std::string& reason) { fail("connect unix:" + order_.form.text + ": " + reason); };
  auto came = from_elsewhere([this, cannot](int error) {
    if (error == 0)
      answer({true, {}});
    else
      cannot(system_text(error));
  });
  auto look = std::make_shared<slow_look>();
  auto path = whole_path(order_.form.text, *order_.who->options);
  look->what = "unix " + path;
  look->work = [path, came]() -> std::function<void()> {
    return [error = try_connect(path), came]() mutable { came(error); };
  };
  look->refused = from_elsewhere(cannot);
  path_ = look;
  means_->looks->ask(path_);
}

} // namespace troupe::actors
