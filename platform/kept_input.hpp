// Bytes that wait for room in a pipe, in memory that outlives us: each arrives once, whoever moves them, wherever
// whoever moved them was killed. They go through an outbox, which tells how much has arrived. Must not know whose pipe
// it is, nor who holds the memory (memory_file.hpp). One thread at a time. Source: docs/contract/survival.md, 3.2
// and 5.2. Cases: tests/platform/kept_input_test.cpp.
#pragma once

#include "platform/memory_file.hpp"
#include "platform/outbox.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::platform {

class kept_input {
public:
  /// With room for so many bytes, which take memory as they come. Null: errno says why.
  static std::unique_ptr<kept_input> make(std::size_t capacity);
  /// That of the worker before this one. Null: it is none.
  static std::unique_ptr<kept_input> adopt(unique_fd memory, unique_fd out, unique_fd in);

  /// What who follows needs. They stay ours.
  int memory() const { return memory_.fd(); }
  int out() const { return box_.out_fd(); }
  int in() const { return box_.in_fd(); }

  /// Behind what waits. False: there is no room for all of it, and none is taken.
  bool put(std::string_view bytes);
  std::size_t waiting() const; ///< bytes that have not arrived
  std::string bytes() const;   ///< those
  /// As many of them as `pipe` takes.
  outbox::moved move_to(int pipe);
  /// For tests: called after each step, which a kill may follow.
  std::function<void()> after_step;

private:
  struct header;
  kept_input(memory_file memory, unique_fd out, unique_fd in);
  explicit kept_input(memory_file memory);
  header& head() const;
  std::size_t position() const; ///< behind what is, or was, in the outbox
  std::string copy(std::size_t from, std::size_t size) const;
  void step() const;
  bool fill();

  memory_file memory_;
  outbox box_;
};

} // namespace troupe::platform
