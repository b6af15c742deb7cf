/** What the shop sells; prices in cents. */
export const products = [
  { id: "tea", name: "Tea, 100 g", price: 790 },
  { id: "pot", name: "Teapot", price: 3450 },
];

/** The sum of a basket such as `{ tea: 2 }`, in cents; undefined when it holds something the shop does not sell. */
export function total(basket) {
  let sum = 0;
  for (const [id, count] of Object.entries(basket)) {
    const product = products.find((one) => one.id === id);
    if (product === undefined || !Number.isInteger(count) || count < 1) return undefined;
    sum += product.price * count;
  }
  return sum;
}
