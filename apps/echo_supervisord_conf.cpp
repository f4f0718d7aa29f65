// Prints a commented sample configuration. The text is made in config/echo.cpp.
// Must not hold any of it.
#include "config/echo.hpp"

#include <cstdio>

int main() {
  auto text = troupe::config::sample_configuration();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0 ? 0 : 1;
}
