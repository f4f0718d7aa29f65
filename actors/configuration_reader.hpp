// Reads the configuration again on a thread of its own that nobody ever waits for: a file system or a name service that
// hangs holds up neither the daemon nor its end.
// Belongs to one actor; must not know CAF, nor when to read, nor what for (core/reload_fsm.cpp does).
#pragma once

#include "config/options.hpp"
#include "config/result.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace troupe::actors {

class configuration_reader {
public:
  using outcome = config::result<std::shared_ptr<const config::configuration>>;
  /// Called on the thread, which it may block; must not refer to anything that could be gone by then.
  using loader = std::function<outcome(const config::scale_book& scales)>;

  configuration_reader() = default;
  ~configuration_reader() { close(); }
  configuration_reader(const configuration_reader&) = delete;
  configuration_reader& operator=(const configuration_reader&) = delete;

  void open(loader load, std::function<void(outcome)> deliver); ///< `deliver` is called on the thread
  void close();                                                 ///< no more deliveries
  /// Why there is no thread; none: it reads, and delivers once.
  std::optional<std::string> read(const config::scale_book& scales = {});

private:
  struct door { // to the owner; the thread holds the other end
    std::mutex mutex;
    std::function<void(outcome)> deliver;
  };

  std::shared_ptr<door> door_;
  loader load_;
};

} // namespace troupe::actors
