// A thread that serves many must outlive a mistake made for one of them: runs an Asio context whose handlers may throw.
// Must not decide what a failure means; whoever runs the thread is told, and what the handler was about is lost.
// Cases: tests/io/contained_test.cpp.
#pragma once

#include "config/text.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <string>

namespace troupe::actors {

/// What an exception says, in one line.
inline std::string words_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    return config::quoted(e.what());
  } catch (...) {
    return "an exception that is none of the standard library's";
  }
}

/// Calls `run`, and again after each exception, which is reported.
template <class Run, class Report>
void contain(Run run, Report report) {
  for (;;)
    try {
      run();
      return;
    } catch (...) {
      try {
        report(std::current_exception());
      } catch (...) {
      }
    }
}

/// As io.run(), but goes on behind a handler that throws. `report(std::exception_ptr)` is told; what it throws in turn,
/// for want of memory say, is nobody's.
template <class Report>
void run_contained(boost::asio::io_context& io, Report report) {
  contain([&] { io.run(); }, report);
}

/// As io.poll(): what is due already.
template <class Report>
void poll_contained(boost::asio::io_context& io, Report report) {
  contain([&] { io.poll(); }, report);
}

} // namespace troupe::actors
