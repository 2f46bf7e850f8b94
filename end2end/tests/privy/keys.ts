import { createHash, createSign, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function base58(bytes: Uint8Array): string {
  let number = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  let text = "";
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  for (const byte of bytes) if (byte === 0) text = `1${text}`; else break;
  return text;
}

/** A Solana wallet in software. */
export function solanaWallet(): { address: string; sign: (message: string) => string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url");
  return { address: base58(raw), sign: (message) => sign(null, Buffer.from(message), privateKey).toString("base64") };
}

const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest();

/** An authenticator in software: one ES256 passkey, its user always present and verified. */
export class Passkey {
  private readonly id = randomBytes(24);
  private readonly privateKey: KeyObject;
  private readonly cose: Buffer;
  constructor(private readonly site: string) {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.privateKey = privateKey;
    const { x, y } = publicKey.export({ format: "jwk" });
    this.cose = Buffer.concat([
      Buffer.from("a5010203262001215820", "hex"), Buffer.from(x!, "base64url"),
      Buffer.from("225820", "hex"), Buffer.from(y!, "base64url"),
    ]);
  }

  private clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.site, crossOrigin: false }));
  }

  private head(flags: number): Buffer {
    return Buffer.concat([sha256(new URL(this.site).hostname), Buffer.from([flags, 0, 0, 0, 0])]);
  }

  private answer(response: Record<string, string>): any {
    const id = this.id.toString("base64url");
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }

  create(challenge: string): any {
    const data = Buffer.concat([this.head(0x45), Buffer.alloc(16), Buffer.from([0, this.id.length]), this.id, this.cose]);
    const object = Buffer.concat([
      Buffer.from("a363666d74646e6f6e656761747453746d74a0", "hex"), Buffer.from("hauthData"), Buffer.from([0x58, data.length]), data,
    ]);
    return this.answer({
      clientDataJSON: this.clientData("webauthn.create", challenge).toString("base64url"),
      attestationObject: object.toString("base64url"),
    });
  }

  get(challenge: string, flags = 0x05): any {
    const client = this.clientData("webauthn.get", challenge);
    const data = this.head(flags);
    const signature = createSign("sha256").update(Buffer.concat([data, sha256(client)])).sign(this.privateKey);
    return this.answer({
      clientDataJSON: client.toString("base64url"), authenticatorData: data.toString("base64url"),
      signature: signature.toString("base64url"),
    });
  }
}
