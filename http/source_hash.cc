#include "http/source_hash.h"

#include <sodium.h>

#include "schema/ids.h"

namespace runledger::http {

std::string source_hash(std::string_view text) {
  const Digest digest = sha256(text);
  std::string encoded(
      sodium_base64_encoded_len(digest.bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(encoded.data(), encoded.size(), digest.bytes.data(), digest.bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  encoded.pop_back();
  return "'sha256-" + encoded + "'";
}

}  // namespace runledger::http
