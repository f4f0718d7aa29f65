// See crypt_library.hpp.
#include "config/crypt_library.hpp"

#include <dlfcn.h>

namespace troupe::config {

namespace {

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
}

crypt_library load_crypt_library() {
  void* library = nullptr;
  for (const char* name : {"libcrypt.so.1", "libcrypt.so.2", "libcrypt.so"})
    if (library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL); library)
      break;
  if (!library)
    library = RTLD_DEFAULT; // some have it in libc
  crypt_library found;
  find(library, "crypt_r", found.hash);
  find(library, "crypt_gensalt_rn", found.make_setting);
  find(library, "crypt_checksalt", found.judge);
  return found;
}

} // namespace

const crypt_library& libcrypt() {
  static const auto found = load_crypt_library();
  return found;
}

crypt_form form_of_hash(const std::string& setting) {
  constexpr int ok = 0; // CRYPT_SALT_OK
  constexpr int legacy = 3;
  constexpr int too_cheap = 4;
  if (!libcrypt().hash || !libcrypt().judge || setting.find('\0') != std::string::npos)
    return crypt_form::unknown;
  auto said = libcrypt().judge(setting.c_str());
  return said == ok ? crypt_form::ok : said == legacy || said == too_cheap ? crypt_form::legacy : crypt_form::unknown;
}

} // namespace troupe::config
