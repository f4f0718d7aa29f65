// See program_file.hpp.
#include "platform/program_file.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <unistd.h>

namespace troupe::platform {

namespace {

/// The file and each folder above it, as it is spelt: links are looked at themselves.
bool changeable_on_the_way(const std::string& path, uid_t own) {
  for (auto end = path.size(); end != std::string::npos;
       end = end == 0 ? std::string::npos : path.rfind('/', end - 1)) {
    auto part = end == 0 ? std::string("/") : path.substr(0, end);
    struct stat info {};
    if (::lstat(part.c_str(), &info) != 0 || (!S_ISLNK(info.st_mode) && others_can_change(info, own)) ||
        (S_ISLNK(info.st_mode) && info.st_uid != 0 && info.st_uid != own))
      return true;
  }
  return false;
}

} // namespace

bool others_can_change(const struct stat& what, uid_t own) {
  if (what.st_uid != 0 && what.st_uid != own)
    return true;
  bool writable = (what.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  return writable && !(S_ISDIR(what.st_mode) && (what.st_mode & S_ISVTX) != 0);
}

std::string trouble_with_program(const std::string& path, uid_t own) {
  auto because = [&](int error) { return path + ": " + std::strerror(error); };
  if (path.empty() || path.front() != '/')
    return path + " is not an absolute path";
  std::unique_ptr<char, decltype(&std::free)> real{::realpath(path.c_str(), nullptr), &std::free};
  struct stat info {};
  if (!real || ::stat(real.get(), &info) != 0)
    return because(errno);
  if (S_ISDIR(info.st_mode))
    return because(EISDIR);
  if (!S_ISREG(info.st_mode))
    return because(EACCES);
  if (changeable_on_the_way(path, own) || changeable_on_the_way(real.get(), own))
    return path + " can be written by others";
  return ::access(real.get(), X_OK) == 0 ? std::string() : because(errno);
}

} // namespace troupe::platform
