// Handlers of actors that all others need: what goes wrong with one message (no memory, say) is logged, and the actor
// goes on. Others end with the exception and are rebuilt from their cells (actors/services.hpp, log_failure), which for
// these would mean that whatever is on its way to them is lost. Must not decide what becomes of the message; a request
// in it is answered by being dropped. Cases: tests/io/contained_test.cpp.
#pragma once

#include "actors/io/contained.hpp"
#include "platform/main_log.hpp"

#include <string>
#include <utility>

namespace troupe::actors {

class steadfast {
public:
  steadfast(platform::main_log& log, const char* who) : log_(log), who_(who) {}

  /// `handler`, which returns nothing and takes one message, with the failures it may have.
  template <class Handler>
  auto operator()(Handler handler) const {
    return wrap(std::move(handler), &Handler::operator());
  }

private:
  template <class Handler, class Message>
  auto wrap(Handler handler, void (Handler::*)(Message) const) const {
    return [handler = std::move(handler), &log = log_, who = who_](Message message) {
      try {
        handler(message);
      } catch (...) {
        note(log, who, std::current_exception());
      }
    };
  }

  static void note(platform::main_log& log, const char* who, const std::exception_ptr& failure) {
    try {
      log.write(config::log_level::critical, std::string(who) + " met " + words_of(failure) + " and goes on");
    } catch (...) { // no memory for the words
    }
  }

  platform::main_log& log_;
  const char* who_;
};

} // namespace troupe::actors
