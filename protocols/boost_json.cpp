// Boost.JSON itself: its headers are declarations, this is the one translation unit that holds the definitions.
#include <boost/json/src.hpp>
