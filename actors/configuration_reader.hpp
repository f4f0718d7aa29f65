// Reads the configuration again for reloadConfig, on a thread of its own that nobody ever waits for: a file system or a
// name service that hangs holds up neither the daemon nor its end. One reading at a time, for all who asked before it
// began; one that takes too long is given up, and while its thread lives there is no other.
// Belongs to one actor; must not know CAF, nor what the configuration is for.
#pragma once

#include "actors/core/control.hpp"
#include "config/options.hpp"
#include "config/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace troupe::actors {

class configuration_reader {
public:
  using outcome = config::result<std::shared_ptr<const config::configuration>>;
  /// Called on the thread, which it may block; must not refer to anything that could be gone by then.
  using loader = std::function<outcome()>;

  configuration_reader() = default;
  ~configuration_reader() { close(); }
  configuration_reader(const configuration_reader&) = delete;
  configuration_reader& operator=(const configuration_reader&) = delete;

  void open(loader load, std::function<void(outcome)> deliver); ///< `deliver` is called on the thread
  void close(); ///< no more deliveries; whoever still waits is answered by the end of their answers

  void ask(const control_answer_to& who); ///< waits for the next reading, or is refused
  /// Begins it if somebody waits and none is under way: the number to give up by.
  std::optional<std::uint64_t> begin();
  /// It was delivered: those it was for. None: it was given up before.
  std::vector<control_answer_to> end();
  void give_up(std::uint64_t reading); ///< if it is still under way

private:
  struct door { // to the owner; the thread holds the other end
    std::mutex mutex;
    std::function<void(outcome)> deliver;
  };
  void refuse(std::vector<control_answer_to> whom, const std::string& why);

  std::shared_ptr<door> door_;
  loader load_;
  bool reading_ = false;
  bool given_up_ = false;
  std::uint64_t count_ = 0;
  std::vector<control_answer_to> now_, next_; ///< who waits for the reading under way, and for the one after it
};

} // namespace troupe::actors
