// See openssl.hpp.
#include "platform/openssl.hpp"

#include <initializer_list>
#include <stdexcept>
#include <string>

#include <dlfcn.h>

namespace troupe::platform {

namespace {

/// Only of the generation whose headers we know.
void* open_first(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL); library)
      return library;
  return nullptr;
}

} // namespace

void* libcrypto() {
  static void* const library = open_first({"libcrypto.so.3", "libcrypto.3.dylib"});
  return library;
}

void* libssl() {
  static void* const library = libcrypto() ? open_first({"libssl.so.3", "libssl.3.dylib"}) : nullptr;
  return library;
}

void* openssl_symbol(void* library, const char* name) {
  void* found = library ? ::dlsym(library, name) : nullptr;
  if (!found)
    throw std::runtime_error(library ? "OpenSSL of this system has no " + std::string(name)
                                     : "this system has no OpenSSL 3 (libssl3)");
  return found;
}

} // namespace troupe::platform
