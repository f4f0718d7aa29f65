// A member that few records have: eight bytes where it is not there, and copied with its record where it is. Must not
// be shared; config/shared_text.hpp and the like are.
#pragma once

#include <memory>

namespace troupe::actors {

template <class T>
class boxed {
public:
  boxed() = default;
  boxed(const boxed& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  boxed(boxed&&) noexcept = default;
  boxed& operator=(boxed other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~boxed() = default;

  explicit operator bool() const { return value_ != nullptr; }
  const T& operator*() const { return *value_; }
  T& operator*() { return *value_; }
  const T* operator->() const { return value_.get(); }
  T* operator->() { return value_.get(); }
  /// There is one from now on.
  T& make() {
    if (!value_)
      value_ = std::make_unique<T>();
    return *value_;
  }
  void reset() { value_ = nullptr; }

private:
  std::unique_ptr<T> value_;
};

} // namespace troupe::actors
