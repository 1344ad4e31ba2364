/** A time in words, such as "in 59 minutes" or "3 days ago"; `now` and `seconds` in seconds since the epoch. */
export function relativeTime(seconds: number, now: number): string {
  const distance = Math.floor(Math.abs(seconds - now));
  const [amount, unit] =
    distance < 120
      ? [distance, 'second']
      : distance < 7200
        ? [Math.floor(distance / 60), 'minute']
        : distance < 172_800
          ? [Math.floor(distance / 3600), 'hour']
          : [Math.floor(distance / 86_400), 'day'];
  const words = `${amount} ${unit}${amount === 1 ? '' : 's'}`;
  return seconds > now ? `in ${words}` : `${words} ago`;
}
