// The libraries of OpenSSL on this machine, loaded when they are first asked for, so that a daemon without tokens,
// sessions and TLS pays nothing for them: to link them would cost each start. Must not know what they are used for
// (digest.hpp does). Safe to call from any thread.
#pragma once

namespace troupe::platform {

/// For dlsym(); null: this machine has none that is fit for us.
void* libcrypto();
void* libssl(); ///< loads libcrypto, too

/// A function of a library; throws std::runtime_error, which names both, where there is none.
void* openssl_symbol(void* library, const char* name);
template <class Function>
Function* openssl_function(void* library, const char* name) {
  return reinterpret_cast<Function*>(openssl_symbol(library, name));
}

} // namespace troupe::platform
