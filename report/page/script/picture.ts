// A square matrix as a picture, one for each theme.
import { make } from "./data";

/** A colour of a ramp at a share of the way, red, green and blue. */
function colour(ramp: string[], share: number): number[] {
  const at = share * (ramp.length - 1);
  const k = Math.min(Math.floor(at), ramp.length - 2);
  const part = (hex: string, c: number): number => parseInt(hex.slice(1 + 2 * c, 3 + 2 * c), 16);
  return [0, 1, 2].map((c) => Math.round(part(ramp[k], c) + (at - k) * (part(ramp[k + 1], c) - part(ramp[k], c))));
}

/** Paint n by n shares, each 0 to 1; the address of an image. */
export function paint(n: number, ramp: string[], share: (i: number, j: number) => number): string {
  const canvas = make("canvas") as HTMLCanvasElement;
  canvas.width = canvas.height = n;
  const ctx = canvas.getContext("2d")!;
  const image = ctx.createImageData(n, n);
  const steps = Array.from({ length: 128 }, (_, k) => colour(ramp, k / 127));
  for (let j = 0; j < n; j++) for (let i = 0; i < n; i++) image.data.set([...steps[Math.round(share(i, j) * 127)], 255], 4 * (j * n + i));
  ctx.putImageData(image, 0, 0);
  return canvas.toDataURL("image/png");
}
