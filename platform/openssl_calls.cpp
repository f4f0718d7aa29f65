// See openssl_calls.hpp.
#include "platform/openssl_calls.hpp"

#include <atomic>

namespace troupe::platform {

namespace {

std::atomic<bool> begun = false;

openssl_calls find_all() {
  openssl_calls all{};
#define TROUPE_ROW(function) all.function = openssl_function<decltype(::function)>(libcrypto(), #function);
  TROUPE_OF_LIBCRYPTO(TROUPE_ROW)
#undef TROUPE_ROW
#define TROUPE_ROW(function) all.function = openssl_function<decltype(::function)>(libssl(), #function);
  TROUPE_OF_LIBSSL(TROUPE_ROW)
#undef TROUPE_ROW
  // Keys are kept apart, in locked pages that no core dump has; where pages may not be locked, they are kept all the
  // same.
  constexpr std::size_t for_keys = 256 << 10, least = 32;
  all.CRYPTO_secure_malloc_init(for_keys, least);
  constexpr std::uint64_t no_cleaning_at_exit = OPENSSL_INIT_NO_ATEXIT; // other threads may be at work then
  all.OPENSSL_init_ssl(no_cleaning_at_exit, nullptr);
  begun = true;
  return all;
}

} // namespace

const openssl_calls& openssl() {
  static const openssl_calls all = find_all();
  return all;
}

void end_openssl() {
  if (begun)
    openssl().OPENSSL_cleanup();
}

std::string openssl_reason() {
  auto code = openssl().ERR_peek_last_error();
  const char* words = code != 0 ? openssl().ERR_reason_error_string(code) : nullptr;
  openssl().ERR_clear_error();
  return words ? words : "unknown reason";
}

} // namespace troupe::platform
