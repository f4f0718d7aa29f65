// See shared_library.hpp.
#include "platform/shared_library.hpp"

#include <dlfcn.h>

namespace troupe::platform {

config::result<shared_library> shared_library::open(const std::string& path) {
  if (auto* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL))
    return shared_library{handle};
  const auto* why = ::dlerror();
  return config::fault(why ? why : "it cannot be loaded");
}

shared_library::~shared_library() {
  if (handle_)
    ::dlclose(handle_);
}

const void* shared_library::symbol(const std::string& name) const { return ::dlsym(handle_, name.c_str()); }

} // namespace troupe::platform
