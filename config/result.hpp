// How the rooms below the actors report a user's mistake: a value, or an error with its place and sentence.
// Must not hold anything that throws or logs.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>

namespace troupe::config {

/// Where in the configuration something stands. Empty file: no place is known (a command line, say).
struct place {
  std::string file;
  int line = 0; ///< from 1; 0: unknown
};

struct error {
  place at;
  std::string what; ///< the sentence a person reads, exactly as the specification words it
};

template <class T>
using result = boost::system::result<T, error>; // g++ 12 has no std::expected in C++20

inline error fault(std::string what) { return {{}, std::move(what)}; }

/// value() on an error is a bug in the caller; it throws with the sentence.
[[noreturn]] inline void throw_exception_from_error(const error& e, const boost::source_location&) {
  throw std::runtime_error(e.what);
}

} // namespace troupe::config
