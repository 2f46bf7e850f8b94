//! RSA keys of a generator whose private halves can be computed from the public ones (ROCA, CVE-2017-15361).

/// For these primes, what such a generator makes is always a power of 65537; of other numbers one in some hundred
/// million looks the same.
const PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/// Whether a modulus, the first byte the highest, has the fingerprint.
pub(super) fn is_weak(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|&prime| {
        let rest = modulus.iter().fold(0, |rest, &byte| (rest * 256 + u32::from(byte)) % prime);
        let mut power = 1;
        (0..prime).any(|_| {
            power = power * (65_537 % prime) % prime;
            power == rest
        })
    })
}
